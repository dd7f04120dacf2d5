#!/usr/bin/env node
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { processEnv } from '../actions/shared/env.js';
import { runProcess } from '../actions/shared/process.js';
import { runProgram } from './program.js';
import { terminalOf } from './terminal.js';
import { readDefinitions } from './workflows/definitions.js';

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const here = path.dirname(fileURLToPath(import.meta.url));
const bundled = path.join(here, 'definitions');
process.exitCode = await runProgram(process.argv.slice(2), {
  terminal: terminalOf({ out: process.stdout, err: process.stderr }, processEnv),
  env: processEnv,
  runProcess,
  workingDirectory: process.cwd(),
  definitions: await readDefinitions(existsSync(bundled) ? bundled : path.join(here, '..')),
});
