/**
 * The members of an API shape as the SDK's own schema lists them, each with its path: `.name`,
 * `[]` for the items of a list. Maps of texts are one member.
 *
 * The schema is an array: kind, namespace, name, traits, then members and their types, or the type
 * of an item (@smithy/types, "StaticSchema").
 */
export function modelPaths(schema: unknown, path = ''): readonly string[] {
  const resolved: unknown = typeof schema === 'function' ? (schema as () => unknown)() : schema;
  if (!Array.isArray(resolved)) {
    // 64 and 128 are flags for lists and maps of a simple type.
    return [typeof resolved === 'number' && (resolved & 64) !== 0 ? `${path}[]` : path];
  }
  const parts = resolved as readonly unknown[];
  const [kind] = parts;
  // A type with traits.
  if (parts.length === 2) return modelPaths(kind, path);
  if (kind === 1) return modelPaths(parts[4], `${path}[]`);
  if (kind === 2) return [path];
  if (kind !== 3 && kind !== 4) return [path];
  const names = parts[4] as readonly string[];
  const types = parts[5] as readonly unknown[];
  return names.flatMap((name, index) => modelPaths(types[index], `${path}.${name}`));
}

/** The paths that a JSON value has, in the same form; maps are one member where `maps` has them. */
export function valuePaths(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    return [`${path}[]`, ...(value as unknown[]).flatMap((item) => valuePaths(item, `${path}[]`))];
  }
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([name, item]) => valuePaths(item, `${path}.${name}`)),
  ];
}
