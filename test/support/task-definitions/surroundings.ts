import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import { app, onEc2, onFargate } from './container.js';

/** Ports, logs, volumes and the kernel around a container. */
export const surroundingDefinitions: Readonly<Record<string, JsonObject>> = {
  'ports of awsvpc': onFargate({
    portMappings: [
      { containerPort: 8080, name: 'http', appProtocol: 'http' },
      { containerPort: 8443, hostPort: 8443, protocol: 'tcp', appProtocol: 'grpc' },
      { containerPort: 8125, protocol: 'udp' },
    ],
  }),
  'ports of bridge': onEc2({
    portMappings: [
      { containerPort: 80, hostPort: 8080 },
      { containerPort: 81, hostPort: 0 },
      { containerPort: 82 },
    ],
  }),
  'ports of the host': onEc2({ portMappings: [{ containerPort: 80 }] }, { networkMode: 'host' }),
  'a range of ports': onEc2(
    { portMappings: [{ containerPortRange: '9000-9010', protocol: 'tcp' }] },
    { networkMode: 'awsvpc' },
  ),
  'links and names': onEc2(
    {},
    {
      networkMode: 'bridge',
      containerDefinitions: [
        app({
          links: ['db:database'],
          hostname: 'web',
          dnsServers: ['10.0.0.2'],
          dnsSearchDomains: ['shop.internal'],
          extraHosts: [{ hostname: 'legacy', ipAddress: '10.0.0.9' }],
          dockerSecurityOptions: ['no-new-privileges'],
        }),
        { name: 'db', image: 'db:1', memory: 64 },
      ],
    },
  ),
  'no network': onEc2({ portMappings: [] }, { networkMode: 'none' }),
  'logs to CloudWatch': onFargate({
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': '/ecs/web',
        'awslogs-region': 'eu-west-1',
        'awslogs-stream-prefix': 'web',
        mode: 'non-blocking',
      },
      secretOptions: [],
    },
  }),
  'logs with a secret': onEc2({
    logConfiguration: {
      logDriver: 'splunk',
      options: { 'splunk-url': 'https://splunk.example.com' },
      secretOptions: [{ name: 'splunk-token', valueFrom: '/dev/shop/splunk' }],
    },
  }),
  FireLens: onFargate(
    { logConfiguration: { logDriver: 'awsfirelens', options: {} } },
    {
      containerDefinitions: [
        { name: 'app', image: 'shop/web:v1', logConfiguration: { logDriver: 'awsfirelens' } },
        {
          name: 'router',
          image: 'fluent-bit:1',
          firelensConfiguration: {
            type: 'fluentbit',
            options: { 'enable-ecs-log-metadata': 'true', 'config-file-type': 'file' },
          },
        },
      ],
    },
  ),
  'a bind mount': onFargate(
    { mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch', readOnly: false }] },
    { volumes: [{ name: 'scratch' }] },
  ),
  'a path of the host': onEc2(
    {
      mountPoints: [
        { sourceVolume: 'docker', containerPath: '/var/run/docker.sock', readOnly: true },
      ],
    },
    { volumes: [{ name: 'docker', host: { sourcePath: '/var/run/docker.sock' } }] },
  ),
  'a Docker volume': onEc2(
    {},
    {
      volumes: [
        {
          name: 'shared',
          dockerVolumeConfiguration: {
            scope: 'shared',
            autoprovision: false,
            driver: 'local',
            driverOpts: { type: 'nfs' },
            labels: { team: 'shop' },
          },
        },
      ],
    },
  ),
  EFS: onFargate(
    {},
    {
      volumes: [
        {
          name: 'efs',
          efsVolumeConfiguration: {
            fileSystemId: 'fs-0123',
            rootDirectory: '/',
            transitEncryption: 'ENABLED',
            transitEncryptionPort: 2999,
            authorizationConfig: { accessPointId: 'fsap-0123', iam: 'ENABLED' },
          },
        },
      ],
    },
  ),
  'EFS of defaults': onFargate(
    {},
    {
      volumes: [{ name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-0123' } }],
    },
  ),
  'FSx and S3 Files': onEc2(
    {},
    {
      volumes: [
        {
          name: 'fsx',
          fsxWindowsFileServerVolumeConfiguration: {
            fileSystemId: 'fs-0456',
            rootDirectory: 'share',
            authorizationConfig: {
              credentialsParameter: 'arn:aws:ssm:eu-west-1:123456789012:parameter/fsx',
              domain: 'shop.internal',
            },
          },
        },
        {
          name: 's3files',
          s3filesVolumeConfiguration: {
            fileSystemArn: 'arn:aws:s3files:eu-west-1:123456789012:file-system/fs-1',
            rootDirectory: '/data',
            transitEncryptionPort: 3000,
            accessPointArn: 'arn:aws:s3files:eu-west-1:123456789012:access-point/ap-1',
          },
        },
      ],
    },
  ),
  'a volume that the service configures': onFargate(
    {},
    {
      volumes: [
        { name: 'ebs', configuredAtLaunch: true },
        { name: 'other', configuredAtLaunch: false },
      ],
    },
  ),
  'volumes of another container': onEc2(
    {},
    {
      containerDefinitions: [
        app({ volumesFrom: [{ sourceContainer: 'data', readOnly: true }] }),
        { name: 'data', image: 'data:1', memory: 16, essential: false },
      ],
    },
  ),
  'capabilities and devices': onEc2({
    linuxParameters: {
      capabilities: { add: ['SYS_PTRACE'], drop: ['ALL'] },
      devices: [
        { hostPath: '/dev/fuse', containerPath: '/dev/fuse', permissions: ['read', 'write'] },
      ],
      initProcessEnabled: true,
      sharedMemorySize: 64,
      maxSwap: 0,
      swappiness: 0,
    },
  }),
  'file systems in memory': onEc2({
    linuxParameters: {
      tmpfs: [{ containerPath: '/tmp', size: 64, mountOptions: ['noexec'] }],
      initProcessEnabled: false,
    },
  }),
  'limits and kernel settings': onFargate({
    ulimits: [
      { name: 'nofile', softLimit: 65536, hardLimit: 65536 },
      { name: 'core', softLimit: 0, hardLimit: 0 },
    ],
    systemControls: [
      { namespace: 'net.core.somaxconn', value: '1024' },
      { namespace: 'net.ipv4.tcp_keepalive_time', value: '600' },
    ],
  }),
  'a shared GPU': onEc2({
    resourceRequirements: [
      {
        type: 'GPU',
        value: '1',
        sharingStrategy: { nvidiaMps: { memory: 4096, maxComputePercent: 50 } },
      },
    ],
  }),
};
