import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { vendorModules } from '../../../scripts/vendor-modules.js';

const MODULES = 'examples/layered-monorepo/modules';
const BOOTSTRAP = 'examples/layered-monorepo/bootstrap';

describe('vendorModules', () => {
  let root: string;
  const write = (file: string, content: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  };
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'vendor-modules-'));
    write(
      'examples/layered-monorepo/layers/01-foundation/module/main.tf',
      'module "vpc" {\n  source = "../../../modules/vpc"\n}\n',
    );
    write('terraform/modules/vpc/main.tf', 'module "contract" { source = "../ssm-contract" }');
    write('terraform/modules/unused/main.tf', 'unused');
    write('terraform/modules/vpc/README.md', 'readme');
    write('terraform/modules/vpc/tests/vpc.tftest.hcl', 'test');
    write('terraform/modules/ssm-contract/schema.json', '{}');
    write('terraform/bootstrap/state.tf', 'state');
    write('terraform/bootstrap/.terraform.lock.hcl', 'lock');
    write('terraform/bootstrap/.terraform/modules/modules.json', '{}');
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('copies code, schemas and the lock file of what is called, and nothing else', async () => {
    expect(await vendorModules(root, false)).toEqual([
      `${BOOTSTRAP}/.terraform.lock.hcl`,
      `${BOOTSTRAP}/state.tf`,
      `${MODULES}/ssm-contract/schema.json`,
      `${MODULES}/vpc/main.tf`,
    ]);
    expect(read(`${MODULES}/vpc/main.tf`)).toContain('contract');
    expect(await vendorModules(root, true)).toEqual([]);
  });

  it('names what is missing, changed or left over, without touching it', async () => {
    await vendorModules(root, false);
    write('terraform/modules/ssm-contract/main.tf', 'new');
    write(`${MODULES}/vpc/main.tf`, 'edited');
    write(`${MODULES}/gone/main.tf`, 'old');
    expect(await vendorModules(root, true)).toEqual([
      `${MODULES}/gone/main.tf`,
      `${MODULES}/ssm-contract/main.tf`,
      `${MODULES}/vpc/main.tf`,
    ]);
    expect(read(`${MODULES}/vpc/main.tf`)).toBe('edited');
  });

  it("removes what is left over, and leaves the example's own files", async () => {
    write(`${MODULES}/gone/main.tf`, 'old');
    write(`${MODULES}/README.md`, 'own');
    write(`${BOOTSTRAP}/terraform.tfvars`, 'own');
    await vendorModules(root, false);
    expect(existsSync(path.join(root, MODULES, 'gone/main.tf'))).toBe(false);
    expect(read(`${MODULES}/README.md`)).toBe('own');
    expect(read(`${BOOTSTRAP}/terraform.tfvars`)).toBe('own');
  });
});
