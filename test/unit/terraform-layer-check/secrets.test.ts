import { plaintextSecrets } from '../../../actions/terraform-layer/check/secrets.js';

const lines = (text: string): readonly number[] =>
  plaintextSecrets(text).map(({ offset }) => text.slice(0, offset).split('\n').length);

// Put together here, so that no scanner takes this file for a leak.
const accessKey = ['AKIA', 'Z7QWERTYUIOP2345'].join('');
const githubToken = `ghp_${'a1B2c3D4e5'.repeat(4)}`;

describe('a plaintext secret is', () => {
  it.each([
    ['a password', 'resource "aws_db_instance" "x" {\n  password = "hunter2!"\n}\n', [2]],
    ['a master password', 'master_password = "hunter2!"\n', [1]],
    ['a token', 'auth_token = "abc123def456"\n', [1]],
    ['an API key', 'datadog_api_key = "0123456789abcdef"\n', [1]],
    ['a client secret in a map', 'x = {\n  "client_secret" = "s3cr3t-value"\n}\n', [2]],
    ['a secret in JSON', '{\n  "password": "hunter2!"\n}\n', [2]],
    ['a default', 'variable "db_password" {\n  type    = string\n  default = "hunter2!"\n}\n', [3]],
    ['an environment variable', 'x = [{ name = "DB_PASSWORD", value = "hunter2!" }]\n', [1]],
    ['one on two lines', '{\n  name  = "API_TOKEN"\n  value = "abc123def456"\n}\n', [3]],
    ['the string of a secret version', 'secret_string = "hunter2!"\n', [1]],
    [
      'the value of a SecureString',
      'resource "aws_ssm_parameter" "x" {\n  type  = "SecureString"\n  value = "hunter2!"\n}\n',
      [3],
    ],
    ['an access key in a comment', `# key ${accessKey}\n`, [1]],
    ['a private key', 'x = <<EOT\n-----BEGIN RSA PRIVATE KEY-----\nabc\nEOT\n', [2]],
    ['a token by its form', `x = "${githubToken}"\n`, [1]],
    ['a password in an address', 'url = "postgres://app:hunter2!@db:5432/x"\n', [1]],
  ])('%s', (_, text, expected) => {
    expect(lines(text)).toEqual(expected);
  });
});

describe('no plaintext secret is', () => {
  it.each([
    ['a reference', 'password = var.password\n'],
    ['an interpolation', 'password = "${var.prefix}-x"\n'],
    ['an empty string', 'password = ""\n'],
    ['a placeholder', 'password = "CHANGE_ME"\ntoken = "<set by CI>"\nsecret = "xxxxxxxx"\n'],
    ['the name of a secret', 'secret_name = "prod/db"\ntoken_url = "https://x/y"\n'],
    ['an ARN', 'secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"\n'],
    ['a path of a parameter', 'password = "/prod/db/password"\n'],
    ['a file', 'private_key = "id_rsa.pem"\n'],
    ['a comment', '# password = "hunter2!"\n'],
    ['a description', 'description = "the password of the database"\n'],
    ['a policy', 'password_policy = "strong-one"\npassword_length = "32"\n'],
    ['the key of a map', 'secret_key_arns = "abcdef"\nkey = "prod/terraform.tfstate"\n'],
    ['a variable without a default', 'variable "db_password" {\n  type = string\n}\n'],
    [
      'the default of the next variable',
      'variable "db_password" {\n  type = string\n}\nvariable "x" {\n  default = "plain"\n}\n',
    ],
    ["AWS's example", `x = "AKIAIOSFODNN7EXAMPLE"\n`],
    ['an address without a password', 'url = "https://user@host/x"\nssh = "git@github.com:x/y"\n'],
    ['an address whose password is read', 'url = "postgres://app:${var.password}@db/x"\n'],
    [
      'a String parameter',
      'resource "aws_ssm_parameter" "x" {\n  type  = "String"\n  value = "plain"\n}\n',
    ],
  ])('%s', (_, text) => {
    expect(lines(text)).toEqual([]);
  });
});

it('never tells the value', () => {
  const found = plaintextSecrets(
    `password = "hunter2!"\nx = "${githubToken}"\nurl = "a://b:hunter3!@c"\n`,
  );
  expect(found).toHaveLength(3);
  for (const { message } of found) expect(message).not.toMatch(/hunter|ghp_/);
});
