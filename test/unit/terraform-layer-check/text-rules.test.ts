import { textProblems } from '../../../actions/terraform-layer/check/text-rules.js';
import { load, memoryFiles, s3Backend, type Tree } from '../../support/stacks.js';

const vpc = 'vpc-0a1b2c3d4e5f67890';
const place = 'layers/02-platform/environments/dev';

async function found(tree: Tree): Promise<readonly (readonly [string, string])[]> {
  const workspace = await load(tree);
  return textProblems(memoryFiles(tree), '.', workspace).map(({ code, at }) => [
    code,
    at !== undefined && 'file' in at ? `${at.file}:${at.line}` : '',
  ]);
}

const platform = (rest: string): Tree => ({
  [`${place}/main.tf`]: s3Backend('platform') + rest,
});

describe('a hard-coded id is', () => {
  it.each([
    ['of a network', `vpc_id = "${vpc}"`],
    ['of a subnet, in the old form', 'subnet_ids = ["subnet-1a2b3c4d"]'],
    ['of a security group', 'ids = ["sg-0a1b2c3d4e5f67890"]'],
    ['an ARN of an account', 'arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"'],
    ['an ARN of another partition', 'arn = "arn:aws-cn:iam::123456789012:role/x"'],
  ])('one %s', async (_, line) => {
    expect(await found(platform(`locals {\n  ${line}\n}\n`))).toEqual([
      ['hard-coded-id', `${place}/main.tf:8`],
    ]);
  });

  it('found in var files and modules of the stack', async () => {
    expect(
      await found({
        ...platform('module "m" { source = "../../../../modules/m" }\n'),
        [`${place}/terraform.tfvars`]: `vpc_id = "${vpc}"\n`,
        'modules/m/main.tf': `locals {\n  x = "${vpc}"\n}\n`,
        'modules/unused/main.tf': `locals {\n  x = "${vpc}"\n}\n`,
      }),
    ).toEqual([
      ['hard-coded-id', `${place}/terraform.tfvars:1`],
      ['hard-coded-id', 'modules/m/main.tf:2'],
    ]);
  });
});

describe('no hard-coded id is', () => {
  it.each([
    ['a reference', 'vpc_id = data.terraform_remote_state.foundation.outputs.vpc_id'],
    ['a word that begins like one', 'x = ["sg-web", "vpc-endpoint", "subnet-deadbeefcafe"]'],
    ['a policy of AWS', 'arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"'],
    ['an ARN that is put together', 'arn = "arn:aws:iam::${local.account}:role/x"'],
    ['a comment', `# ${vpc}`],
  ])('%s', async (_, line) => {
    expect(await found(platform(`locals {\n  ${line}\n}\n`))).toEqual([]);
  });

  it('where a provider or a backend says as whom it works', async () => {
    const role = 'arn:aws:iam::123456789012:role/x';
    expect(
      await found(
        platform(
          `provider "aws" {\n  assume_role { role_arn = "${role}" }\n}\n` +
            `terraform {\n  required_version = ">= 1.11" # ${role}\n}\n`,
        ),
      ),
    ).toEqual([]);
  });

  it('in the foundation, or what all environments share', async () => {
    const text = (key: string): string => `${s3Backend(key)}locals {\n  x = "${vpc}"\n}\n`;
    expect(
      await found({
        'layers/01-foundation/environments/dev/main.tf': text('foundation'),
        'environments/global/main.tf': text('global'),
      }),
    ).toEqual([]);
  });
});

describe('a waiver', () => {
  it('allows what is on its line, or on the next one', async () => {
    expect(
      await found(
        platform(
          `locals {\n  a = "${vpc}" # infra:allow hard-coded-id of another team\n` +
            '  # infra:allow plaintext-secret a public test key\n  token = "abc123def456"\n' +
            '  b = ["x"] // infra:allow hard-coded-id\n}\n',
        ),
      ),
    ).toEqual([['waiver-malformed', `${place}/main.tf:11`]]);
  });

  it('does not allow another rule, another line, or nothing at all', async () => {
    expect(
      await found(
        platform(
          `locals {\n  a = "${vpc}" # infra:allow plaintext-secret wrong rule\n` +
            `  # infra:allow hard-coded-id too far away\n\n  b = "${vpc}"\n}\n`,
        ),
      ),
    ).toEqual([
      ['hard-coded-id', `${place}/main.tf:8`],
      ['hard-coded-id', `${place}/main.tf:11`],
      ['waiver-unused', `${place}/main.tf:8`],
      ['waiver-unused', `${place}/main.tf:10`],
    ]);
  });

  it('of an unknown rule is a mistake', async () => {
    expect(await found(platform('# infra:allow hard-coded a typo\n'))).toEqual([
      ['waiver-malformed', `${place}/main.tf:7`],
    ]);
  });
});

it('looks for secrets without knowing the stacks', () => {
  const tree = { 'a/x.tf': 'password = "hunter2!"\n', 'a/y.json': '{"password": "hunter2!"}' };
  expect(textProblems(memoryFiles(tree), '.', undefined).map(({ at }) => at)).toEqual([
    { file: 'a/x.tf', line: 1, column: 12 },
  ]);
});
