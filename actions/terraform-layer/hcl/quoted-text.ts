/**
 * A quoted HCL string, template marks doubled (HCL native syntax specification, "Template
 * Literals"); Terraform prints keys of instances in the same way.
 */
export function hclQuoted(text: string): string {
  const escaped = text
    .replaceAll(/[\\"]/g, (character) => `\\${character}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(/\p{Cc}/gu, (character) => {
      return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
    })
    .replaceAll(/([$%])\{/g, '$1$1{');
  return `"${escaped}"`;
}
