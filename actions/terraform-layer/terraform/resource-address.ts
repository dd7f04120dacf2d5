/** `["a b"]` or `[0]` behind a module's or resource's name. */
export type InstanceKey = string | number;

/** One resource, one instance of it, or (without `resource`) a whole module. */
export interface ResourceAddress {
  readonly modules: readonly { readonly name: string; readonly key?: InstanceKey }[];
  readonly resource?: {
    readonly mode: 'managed' | 'data';
    readonly type: string;
    readonly name: string;
    readonly key?: InstanceKey;
  };
}

const name = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const numberKey = /\[(\d{1,9})\]/y;
const textKey = /\[("(?:[^"\\]|\\.)*")\]/y;

/**
 * Reads an address as Terraform writes it (Terraform documentation, "Resource Address
 * Reference"): `aws_x.y["a b"]`, `module.m[0].data.aws_x.y`, `module.m`. Undefined where it is
 * none.
 */
export function parseAddress(text: string): ResourceAddress | undefined {
  let offset = 0;
  const take = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = offset;
    const match = expression.exec(text);
    if (match === null) return undefined;
    offset += match[0].length;
    return match;
  };
  const dot = (): boolean => {
    if (text[offset] !== '.') return false;
    offset += 1;
    return true;
  };
  const key = (): { readonly key?: InstanceKey } | undefined => {
    if (text[offset] !== '[') return {};
    const index = take(numberKey)?.[1];
    if (index !== undefined) return { key: Number(index) };
    const quoted = take(textKey)?.[1];
    const unquoted = quoted === undefined ? undefined : unquote(quoted);
    return unquoted === undefined ? undefined : { key: unquoted };
  };
  const modules: { readonly name: string; readonly key?: InstanceKey }[] = [];
  for (;;) {
    let first = take(name)?.[0];
    if (first === 'module') {
      const called = dot() ? take(name)?.[0] : undefined;
      const instance = called === undefined ? undefined : key();
      if (called === undefined || instance === undefined) return undefined;
      modules.push({ name: called, ...instance });
      if (offset === text.length) return { modules };
      if (!dot()) return undefined;
      continue;
    }
    const mode = first === 'data' ? 'data' : 'managed';
    if (mode === 'data') first = dot() ? take(name)?.[0] : undefined;
    const second = first !== undefined && dot() ? take(name)?.[0] : undefined;
    const instance = second === undefined ? undefined : key();
    if (first === undefined || second === undefined || instance === undefined) return undefined;
    if (offset !== text.length) return undefined;
    return { modules, resource: { mode, type: first, name: second, ...instance } };
  }
}

/** The address as Terraform writes it. */
export function formatAddress({ modules, resource }: ResourceAddress): string {
  const parts = modules.map((module) => `module.${module.name}${formatKey(module.key)}`);
  if (resource !== undefined) {
    const { mode, type, name: label, key } = resource;
    parts.push(`${mode === 'data' ? 'data.' : ''}${type}.${label}${formatKey(key)}`);
  }
  return parts.join('.');
}

function formatKey(key: InstanceKey | undefined): string {
  if (key === undefined) return '';
  if (typeof key === 'number') return `[${key}]`;
  // Terraform's language begins an interpolation with `${` and `%{`.
  return `[${JSON.stringify(key).replaceAll(/[$%](?=\{)/g, (sign) => sign + sign)}]`;
}

function unquote(quoted: string): string | undefined {
  try {
    const text: unknown = JSON.parse(quoted.replaceAll(/([$%])\1(?=\{)/g, '$1'));
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `address` is `outer` itself, an instance of it, or stands inside it. */
export function isWithin(address: ResourceAddress, outer: ResourceAddress): boolean {
  const { modules, resource } = outer;
  if (modules.length > address.modules.length) return false;
  const below = modules.every((module, index) => {
    const other = address.modules[index];
    if (other?.name !== module.name) return false;
    // `module.m` stands for all instances only where it is what is asked for.
    const last = index === modules.length - 1 && resource === undefined;
    return other.key === module.key || (last && module.key === undefined);
  });
  if (!below) return false;
  if (resource === undefined) return true;
  const other = address.resource;
  return (
    address.modules.length === modules.length &&
    other?.mode === resource.mode &&
    other.type === resource.type &&
    other.name === resource.name &&
    (resource.key === undefined || other.key === resource.key)
  );
}
