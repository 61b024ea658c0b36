/** The end of the range of texts that begin with `prefix`, for a half-open range on an index in byte order: no text sorts after it that begins so. */
export function prefixEnd(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}
