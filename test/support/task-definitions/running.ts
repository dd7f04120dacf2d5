import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import { app, onEc2, onFargate } from './container.js';

/** How a container is started, watched and stopped. */
export const runningDefinitions: Readonly<Record<string, JsonObject>> = {
  'a command': onFargate({ entryPoint: ['/bin/sh', '-c'], command: ['exec web --port 8080'] }),
  'empty texts in a command': onFargate({ entryPoint: [''], command: ['--prefix', ''] }),
  'an empty command': onFargate({ entryPoint: [], command: [] }),
  'user and directory': onFargate({ user: '1000:1000', workingDirectory: '/srv' }),
  environment: onFargate({
    environment: [
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'EMPTY', value: '' },
      { name: 'A:B', value: 'x=y' },
    ],
  }),
  'environment files': onFargate({
    environmentFiles: [
      { type: 's3', value: 'arn:aws:s3:::bucket/one.env' },
      { type: 's3', value: 'arn:aws:s3:::bucket/two.env' },
    ],
  }),
  secrets: onFargate({
    secrets: [
      {
        name: 'DB',
        valueFrom: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf:password::',
      },
      { name: 'KEY', valueFrom: '/dev/shop/key' },
    ],
  }),
  'a private registry': onEc2({
    repositoryCredentials: {
      credentialsParameter: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub-AbCdEf',
    },
  }),
  'sizes of a container': onEc2({ cpu: 128, memory: 256, memoryReservation: 64 }),
  'a size of zero': onEc2({ cpu: 0 }),
  'a soft limit alone': {
    containerDefinitions: [{ name: 'app', image: 'shop/web:v1', memoryReservation: 64 }],
  },
  'a health check': onFargate({
    healthCheck: {
      command: ['CMD-SHELL', 'curl -f http://localhost/ || exit 1'],
      interval: 15,
      timeout: 3,
      retries: 2,
      startPeriod: 10,
    },
  }),
  'a health check of defaults': onFargate({ healthCheck: { command: ['CMD-SHELL', ''] } }),
  'a start period of zero': onFargate({
    healthCheck: { command: ['CMD', 'true'], startPeriod: 0 },
  }),
  'time-outs': onFargate({ startTimeout: 60, stopTimeout: 120 }),
  restarts: onFargate({
    restartPolicy: { enabled: true, ignoredExitCodes: [0, 143], restartAttemptPeriod: 60 },
  }),
  'no restarts': onFargate({ restartPolicy: { enabled: false, ignoredExitCodes: [] } }),
  'sidecars in order': onFargate(
    {},
    {
      containerDefinitions: [
        { name: 'init', image: 'init:1', essential: false },
        {
          name: 'app',
          image: 'shop/web:v1',
          dependsOn: [
            { containerName: 'init', condition: 'SUCCESS' },
            { containerName: 'proxy', condition: 'HEALTHY' },
          ],
        },
        {
          name: 'proxy',
          image: 'proxy:1',
          essential: true,
          healthCheck: { command: ['CMD', 'true'] },
        },
      ],
    },
  ),
  'tags that move': onFargate({ versionConsistency: 'disabled' }),
  'tags that do not': onFargate({ versionConsistency: 'enabled' }),
  'switches on': onEc2({
    privileged: true,
    readonlyRootFilesystem: true,
    interactive: true,
    pseudoTerminal: true,
    disableNetworking: true,
  }),
  'switches off': onEc2({
    privileged: false,
    readonlyRootFilesystem: false,
    interactive: false,
    pseudoTerminal: false,
    disableNetworking: false,
  }),
  labels: onEc2({ dockerLabels: { 'com.example.team': 'shop', empty: '' } }),
  'a container field that nobody knows': onFargate({
    futureField: false,
    healthCheck: { command: ['CMD', 'true'], futureRetries: 0 },
  }),
  'two containers alike': onEc2(
    {},
    {
      containerDefinitions: [app(), app({ name: 'twin', essential: false })],
    },
  ),
};
