import { sourceText, type VariableSource } from './source.js';

/** What a store says about one name. */
export type ReadValue =
  | {
      readonly kind: 'value';
      readonly text: string;
      /** Whether it must never be shown: a `SecureString`, or anything of Secrets Manager. */
      readonly secret: boolean;
    }
  | { readonly kind: 'missing' }
  /** `message` is AWS's own: who may not do what, on what. */
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'unusable'; readonly why: string };

/** SSM parameters and secrets of one account and region. */
export interface ValueStore {
  /** One call for up to ten names; each has an answer. */
  parameters(names: readonly string[]): Promise<ReadonlyMap<string, ReadValue>>;
  secret(id: string): Promise<ReadValue>;
}

/** SSM takes ten names a call (API reference, "GetParameters"). */
const parametersACall = 10;

/** Reads each source once, by its text; a secret once for all its JSON keys. */
export async function readValues(
  sources: readonly VariableSource[],
  store: ValueStore,
): Promise<ReadonlyMap<string, ReadValue>> {
  const names = new Set(sources.flatMap((source) => (source.kind === 'ssm' ? [source.name] : [])));
  const ids = new Set(
    sources.flatMap((source) => (source.kind === 'secretsmanager' ? [source.secret] : [])),
  );
  const [parameters, secrets] = await Promise.all([
    readParameters([...names], store),
    Promise.all([...ids].map(async (id) => [id, await store.secret(id)] as const)),
  ]);
  const bySecret = new Map(secrets);
  const missing: ReadValue = { kind: 'missing' };
  return new Map(
    sources.map((source) => [
      sourceText(source),
      source.kind === 'ssm'
        ? (parameters.get(source.name) ?? missing)
        : valueOfKey(bySecret.get(source.secret) ?? missing, source.jsonKey),
    ]),
  );
}

/**
 * A call that asks for one parameter too many is denied as a whole: then each is asked for by
 * itself, so that only those which may not be read are called so.
 */
async function readParameters(
  names: readonly string[],
  store: ValueStore,
): Promise<ReadonlyMap<string, ReadValue>> {
  const answers = new Map<string, ReadValue>();
  for (let first = 0; first < names.length; first += parametersACall) {
    const batch = names.slice(first, first + parametersACall);
    const answer = await store.parameters(batch);
    const denied = batch.some((name) => answer.get(name)?.kind === 'denied');
    for (const name of batch) {
      const own = denied && batch.length > 1 ? await store.parameters([name]) : answer;
      answers.set(name, own.get(name) ?? { kind: 'missing' });
    }
  }
  return answers;
}

/** Text as it is; anything else as JSON, which Terraform reads as an expression. */
function valueOfKey(value: ReadValue, jsonKey: string | undefined): ReadValue {
  if (value.kind !== 'value' || jsonKey === undefined) return value;
  let document: unknown;
  try {
    document = JSON.parse(value.text);
  } catch {
    return { kind: 'unusable', why: 'the secret is not JSON' };
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { kind: 'unusable', why: 'the secret is not a JSON object' };
  }
  const found: unknown = Object.hasOwn(document, jsonKey) ? Reflect.get(document, jsonKey) : null;
  if (found === null) return { kind: 'unusable', why: `the secret has no key "${jsonKey}"` };
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  return { kind: 'value', text, secret: value.secret };
}
