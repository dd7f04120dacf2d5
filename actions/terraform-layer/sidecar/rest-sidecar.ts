import type { AwsAccessPorts, AwsSession } from '../../shared/aws-access.js';
import { awsSession, readSessionRequest } from '../terraform/aws-session.js';
import type { RestInstructions } from '../terraform/children.js';
import { sdkLockTable } from './lock-table.js';
import { localSidecar } from './local-sidecar.js';
import { sdkS3Objects } from './s3-objects.js';
import { s3Sidecar } from './s3-sidecar.js';
import type { Sidecar } from './sidecar.js';

/** The sidecar of a stack as the post step finds it noted, with a session of the same role. */
export function sidecarOfRest(
  { state }: RestInstructions,
  ports: AwsAccessPorts & { readonly now: () => number },
): Sidecar | undefined {
  if (state === undefined) return undefined;
  if (state.kind === 'local') return localSidecar(state.file);
  const { place, region, sessionRequest } = state;
  const { key: _, locks, ...reach } = place;
  const credentials = async (file: string): Promise<AwsSession> =>
    awsSession(await readSessionRequest(file), ports);
  const aws = {
    region,
    ...(sessionRequest === undefined ? {} : { credentials: () => credentials(sessionRequest) }),
  };
  const { table } = locks;
  return s3Sidecar(
    place,
    sdkS3Objects(reach, {}, aws),
    table === undefined ? undefined : sdkLockTable({ ...reach, table }, {}, aws),
  );
}
