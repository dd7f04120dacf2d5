import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startEmulator } from './index.js';

const { values } = parseArgs({
  options: {
    directory: { type: 'string' },
    speed: { type: 'string', default: '1' },
    region: { type: 'string', default: 'eu-west-1' },
    port: { type: 'string', default: '0' },
    'github-port': { type: 'string', default: '0' },
  },
});

if (values.directory === undefined) {
  process.stderr.write('usage: main.ts --directory DIR [--speed N] [--region R] [--port P]\n');
  process.exit(2);
}

const emulator = await startEmulator({
  directory: values.directory,
  speed: Number(values.speed),
  region: values.region,
  awsPort: Number(values.port),
  githubPort: Number(values['github-port']),
  log: (line) => process.stderr.write(`${line}\n`),
});

let stopping: Promise<void> | undefined;
function stop(): void {
  stopping ??= emulator.stop().then(() => process.exit(0));
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
// A pipe's end means that the starter is gone; /dev/null ends at once and means nothing.
const stdin = fstatSync(0);
if (stdin.isFIFO() || stdin.isSocket() || process.stdin.isTTY) {
  process.stdin.on('close', stop).on('end', stop).resume();
}

const { awsUrl, githubUrl, registryHost, region, slack } = emulator;
const environment = emulator.nodeEnvironment();
const slackWebhookUrl = slack.webhookUrl;
process.stdout.write(
  `${JSON.stringify({ awsUrl, githubUrl, slackWebhookUrl, registryHost, region, environment })}\n`,
);
