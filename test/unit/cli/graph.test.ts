import path from 'node:path';
import { envFrom } from '../../../actions/shared/env.js';
import { runProcess } from '../../../actions/shared/process.js';
import { runProgram } from '../../../cli/program.js';
import { ownDefinitions } from '../../support/callers.js';

const example = path.join(import.meta.dirname, '../../../examples/layered-monorepo');

async function graph(...args: readonly string[]) {
  const written = { out: '', err: '' };
  const code = await runProgram(['graph', example, ...args], {
    ...{ env: envFrom({}), runProcess, workingDirectory: '/' },
    terminal: {
      out: (text) => void (written.out += text),
      err: (text) => void (written.err += text),
      ...{ columns: 80, colours: false, errColours: false },
    },
    definitions: await ownDefinitions(),
  });
  return { code, ...written };
}

describe('infra graph', () => {
  it('shows every environment, wave by wave, in 80 columns', async () => {
    const { code, out } = await graph();
    expect(code).toBe(0);
    expect(out).toMatch(/^dev: 5 stacks\n {2}1 {2}01-foundation\/dev\n/);
    expect(out).toContain('\nproduction: 5 stacks, after staging\n');
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('shows those that are asked for', async () => {
    const { out } = await graph('--env', 'dev', '--format', 'json');
    const { stacks } = JSON.parse(out) as { readonly stacks: readonly { environment: string }[] };
    expect(new Set(stacks.map(({ environment }) => environment))).toEqual(new Set(['dev']));
  });

  it.each([
    ['mermaid', /^(flowchart|graph|%%)/],
    ['dot', /^digraph/],
  ])('draws %s', async (format, begin) => {
    expect((await graph('--format', format)).out).toMatch(begin);
  });

  it('ends with 1 for an environment that is not there, and 2 for a format that is none', async () => {
    expect(await graph('--env', 'prodction')).toMatchObject({
      code: 1,
      err: expect.stringContaining('did you mean production?') as string,
    });
    expect((await graph('--format', 'svg')).code).toBe(2);
  });
});
