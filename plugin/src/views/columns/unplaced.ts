/** What was refused of a form and has no input there to say it at, as one text; `undefined` where everything has. */
export function unplaced(errors: Readonly<Record<string, string>>, hasInput: (field: string) => boolean): string | undefined {
  const sentences = Object.entries(errors).flatMap(([field, sentence]) => (hasInput(field) ? [] : [sentence]));
  return sentences.length > 0 ? [...new Set(sentences)].join(' ') : undefined;
}
