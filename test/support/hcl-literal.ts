/**
 * Reads a quoted HCL literal as the HCL native syntax specification has it ("Template Literals"):
 * escapes, and doubled template marks. Throws for what HCL refuses or would interpolate.
 */
export function parseLiteral(literal: string): string {
  const inner = /^"([^]*)"$/.exec(literal)?.[1];
  if (inner === undefined) throw new Error('not quoted');
  let text = '';
  for (let index = 0; index < inner.length; index += 1) {
    const character = inner.charAt(index);
    const rest = inner.slice(index);
    const doubled = /^(?:\$\$\{|%%\{)/.exec(rest);
    if (doubled !== null) {
      text += doubled[0].slice(1);
      index += 2;
    } else if (/^[$%]\{/.test(rest)) {
      throw new Error('a template');
    } else if (character === '\\') {
      const escape = /^\\(?:([nrt"\\])|u([0-9a-f]{4})|U([0-9a-f]{8}))/i.exec(rest);
      if (escape === null) throw new Error(`unknown escape ${rest.slice(0, 3)}`);
      const [whole, simple, short, long] = escape;
      const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
      text +=
        simple === undefined
          ? String.fromCodePoint(Number.parseInt(short ?? long ?? '', 16))
          : (plain[simple] ?? simple);
      index += whole.length - 1;
    } else if (character === '"' || character === '\n') {
      throw new Error('a quoted text ends here');
    } else {
      text += character;
    }
  }
  return text;
}
