/** The lines of a table with columns aligned, as the formatter of this repo leaves one. */
export function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((text) => text.replaceAll("|", "\\|")));
  const widths = header.map((name, i) =>
    Math.max(...[name, ...cells.map((row) => row[i] ?? "")].map((cell) => cell.length)),
  );
  const toLine = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [toLine(header), toLine(widths.map((width) => "-".repeat(width))), ...cells.map(toLine)];
}
