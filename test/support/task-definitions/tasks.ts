import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import { app, onEc2, onFargate } from './container.js';

/** What stands at the top of a definition. */
export const taskDefinitions: Readonly<Record<string, JsonObject>> = {
  'the least that EC2 takes': onEc2({}),
  'the least that Fargate takes': onFargate(),
  roles: onFargate({}, { taskRoleArn: 'arn:aws:iam::123456789012:role/path/web-task' }),
  tags: onFargate(
    {},
    {
      tags: [
        { key: 'team', value: 'shop' },
        { key: 'empty', value: '' },
      ],
    },
  ),
  'no tags': onFargate({}, { tags: [] }),
  ARM: onFargate(
    {},
    { runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' } },
  ),
  'the defaults of the platform': onFargate(
    {},
    {
      runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    },
  ),
  'Windows on Fargate': onFargate(
    {},
    {
      cpu: '1024',
      memory: '2048',
      runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' },
    },
  ),
  'Windows on EC2, without a network mode': onEc2(
    { credentialSpecs: ['credentialspec:s3://bucket/spec.json'] },
    { runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2019_FULL' } },
  ),
  'managed instances': onEc2(
    {},
    {
      requiresCompatibilities: ['MANAGED_INSTANCES', 'EC2'],
      networkMode: 'awsvpc',
      cpu: '512',
      memory: '1024',
    },
  ),
  anywhere: onEc2({}, { requiresCompatibilities: ['EXTERNAL'], networkMode: 'bridge' }),
  'namespaces of the host': onEc2({}, { pidMode: 'host', ipcMode: 'task', networkMode: 'host' }),
  placement: onEc2(
    {},
    {
      placementConstraints: [
        { type: 'memberOf', expression: 'attribute:ecs.instance-type =~ t2.*' },
        { type: 'memberOf', expression: 'attribute:zone == a' },
      ],
    },
  ),
  'no placement': onEc2({}, { placementConstraints: [], volumes: [] }),
  'App Mesh': onEc2(
    {},
    {
      networkMode: 'awsvpc',
      proxyConfiguration: {
        type: 'APPMESH',
        containerName: 'envoy',
        properties: [
          { name: 'ProxyIngressPort', value: '15000' },
          { name: 'EgressIgnoredIPs', value: '' },
        ],
      },
      containerDefinitions: [app(), { name: 'envoy', image: 'envoy:1', memory: 64 }],
    },
  ),
  'inference accelerators': onEc2(
    { resourceRequirements: [{ type: 'InferenceAccelerator', value: 'device_1' }] },
    { inferenceAccelerators: [{ deviceName: 'device_1', deviceType: 'eia2.medium' }] },
  ),
  'more storage': onFargate({}, { ephemeralStorage: { sizeInGiB: 100 } }),
  'fault injection': onFargate({}, { enableFaultInjection: true }),
  'no fault injection': onFargate({}, { enableFaultInjection: false }),
  'the largest task': onFargate({}, { cpu: '16384', memory: '122880' }),
  'a field that nobody knows': onFargate(
    {},
    {
      futureField: { nested: [1, { deep: '' }], off: false, zero: 0 },
      futureList: [],
    },
  ),
};
