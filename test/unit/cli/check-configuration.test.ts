import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { envFrom } from '../../../actions/shared/env.js';
import { checkConfiguration } from '../../../cli/doctor/check-configuration.js';
import { examine } from '../../../cli/doctor/examine.js';
import { ownDefinitions, planCaller } from '../../support/callers.js';
import { withDirectory } from '../../support/runner.js';

const monorepo = path.join(import.meta.dirname, '../../../examples/layered-monorepo');
const env = envFrom({});

describe('infra.yml and the stacks', () => {
  it('of the example are valid', async () => {
    const { findings, environments } = await checkConfiguration(monorepo, ['.'], env);
    expect(findings).toMatchObject([{ status: 'ok', code: 'configuration-valid' }]);
    expect(environments.map(({ name }) => name)).toEqual(['dev', 'staging', 'production']);
  });

  it('have every problem told, with its place', async () => {
    await withDirectory(async (root) => {
      const text = 'version: 1\nenvironments:\n  dev: { after: [prod], apply: maybe }\nstack: []\n';
      await writeFile(path.join(root, 'infra.yml'), text);
      const { findings, complete } = await checkConfiguration(root, ['.'], env);
      expect(complete).toBe(false);
      expect(findings.length).toBeGreaterThan(1);
      for (const finding of findings) {
        expect(finding).toMatchObject({ status: 'problem', at: { file: 'infra.yml' } });
      }
    });
  });

  it('are told where a workflow plans none', async () => {
    await withDirectory(async (root) => {
      await mkdir(path.join(root, '.github', 'workflows'), { recursive: true });
      await writeFile(path.join(root, '.github/workflows/plan.yml'), planCaller);
      const findings = await examine(root, {
        ...{ env, definitions: await ownDefinitions() },
        github: { kind: 'closed', needs: '' },
      });
      expect(findings.map(({ code }) => code)).toEqual([
        'no-stacks',
        'use-fits',
        'github-not-seen',
      ]);
    });
  });

  it('are looked for where a workflow plans', async () => {
    await withDirectory(async (root) => {
      await cp(path.join(monorepo, 'layers'), path.join(root, 'infra/layers'), { recursive: true });
      await cp(path.join(monorepo, 'infra.yml'), path.join(root, 'infra/infra.yml'));
      await rm(path.join(root, '.github'), { recursive: true, force: true });
      await mkdir(path.join(root, '.github', 'workflows'), { recursive: true });
      const text = `${planCaller}    with:\n      working-directory: infra\n`;
      await writeFile(path.join(root, '.github/workflows/plan.yml'), text);
      const findings = await examine(root, {
        ...{ env, definitions: await ownDefinitions() },
        github: { kind: 'closed', needs: '' },
      });
      expect(findings.map(({ area }) => area)).toContain('configuration');
      expect(JSON.stringify(findings)).toContain('infra/');
    });
  });
});
