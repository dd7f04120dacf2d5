import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Emulator, EmulatorOptions } from '../../emulator/index.js';
import { startEmulator } from '../../emulator/index.js';

/** An emulator of one test suite, and a directory that goes with it. */
export interface TestEmulator {
  readonly emulator: Emulator;
  /** For the test's own files; removed by `stop`. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts an emulator in a temporary directory; call it in `beforeAll`, and `stop` in `afterAll`. */
export async function startTestEmulator(
  options: Omit<EmulatorOptions, 'directory'> = {},
): Promise<TestEmulator> {
  const directory = await mkdtemp(path.join(tmpdir(), 'emulator-'));
  const emulator = await startEmulator({
    ...options,
    directory: path.join(directory, 'emulator'),
  });
  return {
    emulator,
    directory,
    async stop() {
      await emulator.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
