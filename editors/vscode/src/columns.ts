// The one place where columns are converted: those of pictures count UTF-8 bytes, those of VS Code UTF-16 units.

/** The UTF-16 column of a UTF-8 one in a line. */
export function fromBytes(line: string, column: number): number {
  let bytes = 0;
  let units = 0;
  for (const character of line) {
    if (bytes >= column) {
      break;
    }
    bytes += Buffer.byteLength(character);
    units += character.length;
  }
  return units;
}
