/** Where a Terraform variable's value is kept. */
export type VariableSource =
  | { readonly kind: 'ssm'; readonly name: string }
  | {
      readonly kind: 'secretsmanager';
      /** Name or ARN. */
      readonly secret: string;
      /** Key of the JSON object that the secret holds; undefined: the whole secret. */
      readonly jsonKey: string | undefined;
    };

export type SourceResult =
  | { readonly ok: true; readonly source: VariableSource }
  /** The placeholder that nothing fills, without braces. */
  | { readonly ok: false; readonly placeholder: string };

/**
 * Reads `ssm:/path` or `secretsmanager:name#json-key`, as `infra.yml` has checked it, and fills in
 * `{names}`.
 */
export function variableSource(
  text: string,
  values: Readonly<Record<string, string | undefined>>,
): SourceResult {
  let unfilled: string | undefined;
  const filled = text.replaceAll(/\{([^{}]*)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) unfilled ??= name;
    return value ?? whole;
  });
  if (unfilled !== undefined) return { ok: false, placeholder: unfilled };
  const at = filled.indexOf(':');
  const place = filled.slice(at + 1);
  if (filled.slice(0, at) === 'ssm') return { ok: true, source: { kind: 'ssm', name: place } };
  const [secret = '', jsonKey] = place.split('#');
  return { ok: true, source: { kind: 'secretsmanager', secret, jsonKey } };
}

/** The source as `infra.yml` writes it, without placeholders. */
export function sourceText(source: VariableSource): string {
  if (source.kind === 'ssm') return `ssm:${source.name}`;
  const key = source.jsonKey === undefined ? '' : `#${source.jsonKey}`;
  return `secretsmanager:${source.secret}${key}`;
}
