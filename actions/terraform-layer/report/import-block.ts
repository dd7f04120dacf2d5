import type { Orphan } from '../schedule/outcome.js';

const index = String.raw`(?:\[(?:\d+|"(?:[^"\\\r\n]|\\.)*")\])?`;
const address = new RegExp(
  String.raw`^(?:module\.[\w-]+${index}\.)*[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*${index}$`,
);

/**
 * The `import` block that takes a resource into its state (Terraform documentation, "Import
 * block"); undefined where its id is not known or its address is none.
 */
export function importBlock({ address: to, id }: Orphan): string | undefined {
  if (id === undefined || !address.test(to)) return undefined;
  return `import {\n  to = ${to}\n  id = ${hclString(id)}\n}`;
}

/** A quoted template without anything to evaluate. */
function hclString(value: string): string {
  return JSON.stringify(value).replace(/[$%](?=\{)/g, (sign) => sign + sign);
}
