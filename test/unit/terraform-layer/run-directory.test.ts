import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeRunDirectory } from '../../../actions/terraform-layer/run-directory.js';

let parent: string;
let temporaryDirectory: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'run-directory-'));
  temporaryDirectory = path.join(parent, 'runner', 'temp');
});
afterEach(() => rm(parent, { recursive: true }));

describe('the private directory of a run', () => {
  it('is one for this user alone, and the one that the post step is told', async () => {
    const told: string[] = [];
    const ports = { temporaryDirectory, onRunDirectory: (one: string) => void told.push(one) };
    const directories = [await makeRunDirectory(ports), await makeRunDirectory(ports)];
    expect(told).toEqual(directories);
    expect(new Set(directories).size).toBe(2);
    for (const directory of directories) {
      expect(path.dirname(directory)).toBe(temporaryDirectory);
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
    }
  });

  it('is not there before the post step knows of it', async () => {
    const killed = new Error('killed');
    const made = makeRunDirectory({
      temporaryDirectory,
      onRunDirectory: () => {
        throw killed;
      },
    });
    await expect(made).rejects.toBe(killed);
    expect(await readdir(parent, { recursive: true })).not.toContainEqual(
      expect.stringContaining('terraform-layer-'),
    );
  });
});
