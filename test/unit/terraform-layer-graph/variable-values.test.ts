import { envFrom } from '../../../actions/shared/env.js';
import { load, s3Backend, type Tree } from '../../support/stacks.js';

const tree = (files: Tree = {}): Tree => ({
  'environments/dev/main.tf':
    'variable "key" {\n  default = "default"\n}\n' + s3Backend('${var.key}'),
  ...files,
});

async function keyOf(
  files: Tree,
  options: Parameters<typeof load>[1] = {},
): Promise<string | undefined> {
  const { stacks } = await load(tree(files), { env: envFrom({}), ...options });
  return stacks[0]?.stateKey;
}

describe('the value of a variable', () => {
  const own = { 'environments/dev/terraform.tfvars': 'key = "tfvars"\n' };
  const env = envFrom({ TF_VAR_key: 'ambient' });

  it('is its default, or what the job gives as TF_VAR_…', async () => {
    expect(await keyOf({})).toBe('s3://states/default');
    expect(await keyOf({}, { env })).toBe('s3://states/ambient');
  });

  it('is that of a var file before that of the job', async () => {
    expect(await keyOf(own, { env })).toBe('s3://states/tfvars');
  });

  it("is that of the run's var files before the stack's own, the last first", async () => {
    const files = { ...own, 'a.tfvars': 'key = "a"\n', 'b.tfvars': 'key = "b"\n' };
    expect(await keyOf(files, { varFiles: ['a.tfvars', 'b.tfvars'] })).toBe('s3://states/b');
    expect(await keyOf(files, { varFiles: ['a.tfvars', 'gone.tfvars'] })).toBe('s3://states/a');
  });

  it('is what the run gives it before anything else', async () => {
    const files = { ...own, 'a.tfvars': 'key = "a"\n' };
    const given = { varFiles: ['a.tfvars'], variables: { key: 'given' }, env };
    expect(await keyOf(files, given)).toBe('s3://states/given');
  });

  it('is an expression where its type is no text', async () => {
    const main =
      'variable "key" {\n  type = list(string)\n}\n' + s3Backend('${join("-", var.key)}');
    const typed = envFrom({ TF_VAR_key: '["a", "b"]' });
    const files = { 'environments/dev/main.tf': main };
    expect(await keyOf(files, { env: typed })).toBe('s3://states/a-b');
  });
});
