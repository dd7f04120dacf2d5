import { withoutComments } from './source-text.js';

/** Something that is wrong at a place of a text. */
export interface TextFinding {
  readonly rule: 'hard-coded-id' | 'plaintext-secret';
  /** Names what was found; never a secret's value. */
  readonly message: string;
  readonly offset: number;
}

/** Names that end like this hold a secret; `secret_name`, `token_url` or `password_policy` do not. */
const secretName =
  /(?:^|[_.-])(?:pass(?:word|wd|phrase)?|pwd|secret(?:_?(?:key|string|value))?|(?:api|private|access|secret|signing|encryption)_?key|token|credentials?)$/i;

/** `name = "value"` and `"name": "value"`, also as `key = value` of a map. */
const assignment = /(?:"([\w.-]+)"|\b([A-Za-z_][\w-]*))\s*[=:]\s*"((?:[^"\\\n]|\\.)*)"/g;

/** `{ name = "DB_PASSWORD", value = "x" }`, on one line or two, in HCL or JSON. */
const namedValue = /\bname"?\s*[=:]\s*"([\w.-]+)"\s*,?\s*"?value"?\s*[=:]\s*"((?:[^"\\\n]|\\.)*)"/g;

/** `variable "db_password" { … default = "x" }` up to its first closing brace. */
const variableDefault =
  /\bvariable\s+"?([\w-]+)"?\s*\{[^}]*?\bdefault\s*=\s*"((?:[^"\\\n]|\\.)*)"/g;

/** A parameter that is stored as a secret, with its value written beside it. */
const secureString =
  /\btype"?\s*[=:]\s*"SecureString"[^}]*?\bvalue"?\s*[=:]\s*"((?:[^"\\\n]|\\.)*)"|\bvalue"?\s*[=:]\s*"((?:[^"\\\n]|\\.)*)"[^}]*?\btype"?\s*[=:]\s*"SecureString"/g;

/** Credentials that tell by their form what they are, wherever they stand. */
const knownForms: readonly (readonly [RegExp, string])[] = [
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, 'an AWS access key'],
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----/g, 'a private key'],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})\b/g, 'a GitHub token'],
  [/\bxox[abprs]-[\w-]{10,}/g, 'a Slack token'],
  [/\b[sr]k_live_[A-Za-z0-9]{16,}/g, 'a Stripe key'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"'${}]+:([^\s@/"'${}<>]{3,})@/g, 'a password in an address'],
];

const placeholder =
  /^(?:x+|\*+|\.+|-+|none|null|true|false|todo|tbd|dummy|test|fake|example|sample|redacted|placeholder|unused|default|localstack|(?:please[-_ ]?)?change[-_ ]?me.*|replace[-_ ]?(?:me|this).*|your[-_ ].*|set[-_ ]?(?:by|in)[-_ ].*|managed[-_ ].*|<.*>|\[.*\]|\{\{.*\}\})$/i;

/** Where a secret is, rather than what it is. */
const reference =
  /^(?:arn:|ssm:|secretsmanager:|vault:|alias\/|https?:\/\/|\.{0,2}\/|\$\.|~\/)|\.(?:pem|key|json|txt|crt)$/;

function isSecretValue(value: string): boolean {
  const text = value.trim();
  if (text.length < 3 || /(?<!\$)\$\{|(?<!%)%\{/.test(text)) return false;
  return !placeholder.test(text) && !reference.test(text);
}

/** Plaintext secrets in a text of Terraform's language, native or JSON. */
export function plaintextSecrets(text: string): readonly TextFinding[] {
  const code = withoutComments(text);
  const found = new Map<number, TextFinding>();
  const add = (offset: number, message: string): void => {
    if (!found.has(offset)) found.set(offset, { rule: 'plaintext-secret', message, offset });
  };
  const named = (name: string): string => `${name} is a secret, and its value stands here`;
  for (const { 1: quoted, 2: bare, 3: value = '', 0: whole, index } of code.matchAll(assignment)) {
    const name = quoted ?? bare ?? '';
    if (!secretName.test(name) || !isSecretValue(value)) continue;
    add(index + whole.length - value.length - 2, named(name));
  }
  for (const pattern of [namedValue, variableDefault]) {
    for (const { 0: whole, 1: name = '', 2: value = '', index } of code.matchAll(pattern)) {
      if (!secretName.test(name) || !isSecretValue(value)) continue;
      add(index + whole.length - value.length - 2, named(name));
    }
  }
  for (const { 0: whole, 1: after, 2: before, index } of code.matchAll(secureString)) {
    const value = after ?? before ?? '';
    if (!isSecretValue(value)) continue;
    add(index + whole.indexOf(`"${value}"`), 'a SecureString has its value here, and in the state');
  }
  // Comments too: what is committed is known.
  for (const [form, what] of knownForms) {
    for (const { 0: whole, 1: password, index } of text.matchAll(form)) {
      if (/EXAMPLE$/.test(whole) || (password !== undefined && !isSecretValue(password))) continue;
      add(index, `${what} stands here`);
    }
  }
  return [...found.values()].sort((a, b) => a.offset - b.offset);
}
