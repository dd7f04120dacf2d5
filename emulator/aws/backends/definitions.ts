import type { BackendDefinition } from './process.js';

/** moto: every service that Terraform manages and the emulator does not own. */
export function moto(): BackendDefinition {
  return {
    name: 'moto',
    module: 'moto.server',
    args: (port) => ['-H', '127.0.0.1', '-p', String(port)],
    environment: () => ({
      // Without them, attaching an AWS managed policy fails.
      MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
    }),
    healthPath: '/moto-api/data.json',
  };
}

/** ministack: ECR's API over a real OCI registry. */
export function ministack(accountId: string, region: string): BackendDefinition {
  return {
    name: 'ministack',
    module: 'ministack',
    args: () => [],
    environment: (port) => ({
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: accountId,
      MINISTACK_REGION: region,
      SERVICES: 'ecr',
      // It binds every interface and opens MQTT and SFTP ports unless told otherwise.
      BIND_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LOG_LEVEL: 'WARNING',
    }),
    healthPath: '/_ministack/health',
  };
}
