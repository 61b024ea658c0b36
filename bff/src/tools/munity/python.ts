const WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };

/** A Python dictionary, as Munity's documents print theirs, as JSON; a text that is none comes out as something that is no JSON either. One pass, in which no piece is longer than an escape: whatever is sent takes time with its length alone. */
export function jsonOf(python: string): string {
  /** the quote that the text stands in, if any */
  let quote = '';
  return python.replaceAll(/\\x[\da-f]{2}|\\U00(?:0[\da-f]|10)[\da-f]{4}|\\[^]|["']|\b(?:True|False|None)\b/g, (piece) => {
    if (piece === quote || (quote === '' && (piece === '"' || piece === "'"))) {
      quote = quote === '' ? piece : '';
      return '"';
    }
    if (quote === '') return WORDS[piece] ?? piece;
    if (piece === '"') return String.raw`\"`;
    if (piece === String.raw`\'`) return "'";
    if (/^\\[xU]./.test(piece)) return JSON.stringify(String.fromCodePoint(Number.parseInt(piece.slice(2), 16))).slice(1, -1);
    return piece;
  });
}
