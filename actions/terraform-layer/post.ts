import { rm } from 'node:fs/promises';
import { systemClock } from '../shared/clock.js';
import { runPost } from '../shared/run.js';
import { isProcessRunning } from './terraform/children.js';
import { bringToRest } from './terraform/rest.js';

await runPost(async (context) => {
  const runDirectory = context.state('run-directory');
  if (runDirectory === '') return;
  await bringToRest(runDirectory, {
    isRunning: isProcessRunning,
    clock: systemClock,
    log: context.log,
  });
  await rm(runDirectory, { recursive: true, force: true });
});
