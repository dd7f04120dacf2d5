import { OperationError } from '../../../actions/shared/errors.js';
import type { Diagnostic } from '../../../actions/terraform-layer/terraform/diagnostics.js';
import {
  retryingTerraform,
  type Retry,
} from '../../../actions/terraform-layer/terraform/retrying.js';
import type { Terraform } from '../../../actions/terraform-layer/terraform/terraform.js';
import { transientError } from '../../../actions/terraform-layer/terraform/transient.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { layeredTree, load } from '../../support/stacks.js';
import { failed, fakeTerraform, succeeded } from '../../support/terraform.js';

function error(summary: string, detail = ''): Diagnostic {
  return { severity: 'error', summary, detail };
}

const listing = 'Unable to list objects in S3 bucket "states" with prefix "env:/": operation error';

describe('an error that passes by itself', () => {
  // The first five as Terraform 1.11.4 said them to the emulator; the others as in the issues named.
  it.each([
    [
      'S3 that throttles',
      error(
        `Failed to get existing workspaces: ${listing} S3: ListObjectsV2, exceeded maximum number of attempts, 5, https response error StatusCode: 503, RequestID: 5d9a5419, HostID: , api error SlowDown: Rate exceeded`,
      ),
    ],
    [
      'S3 that fails',
      error(
        `error loading state: ${listing} S3: ListObjectsV2, exceeded maximum number of attempts, 5, https response error StatusCode: 500, RequestID: 8ee990b8, HostID: , api error InternalError: Injected by a fault rule`,
      ),
    ],
    [
      'a connection that breaks',
      error(
        `error loading state: ${listing} S3: ListObjectsV2, exceeded maximum number of attempts, 5, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Get "http://127.0.0.1:34911/states": read tcp 127.0.0.1:60376->127.0.0.1:34911: read: connection reset by peer`,
      ),
    ],
    [
      'nobody who listens',
      error(
        'validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 5, https response error StatusCode: 0, RequestID: , request send failed, Post "http://127.0.0.1:9/": dial tcp 127.0.0.1:9: connect: connection refused',
      ),
    ],
    [
      'a lock that could not be asked for',
      error(
        'Error acquiring the state lock',
        'Error message: operation error S3: PutObject, exceeded maximum number of attempts, 5, https response error StatusCode: 503, RequestID: 1, HostID: , api error SlowDown: Rate exceeded',
      ),
    ],
    [
      'TLS (hashicorp/terraform#28714)',
      error(
        'error configuring S3 Backend: RequestError: send request failed\ncaused by: Post "https://sts.amazonaws.com/": net/http: TLS handshake timeout',
      ),
    ],
    [
      'the end of a file (terraform-provider-aws#7254)',
      error(
        'Error refreshing state: RequestError: send request failed\ncaused by: Get <S3_URL>/terraform.tfstate: EOF',
      ),
    ],
    [
      'a registry, lines broken (terraform-provider-aws#19995)',
      error(
        'Failed to query available provider packages',
        'Could not retrieve the list of available versions for provider hashicorp/aws: could not query\nprovider registry for registry.terraform.io/hashicorp/aws: the request failed after 2 attempts,\nplease try again later: Get "https://registry.terraform.io/v1/providers/hashicorp/aws/versions":\nnet/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting\nheaders)',
      ),
    ],
    [
      'a provider that did not come up in time',
      error(
        'Failed to load plugin schemas',
        'Error while loading schemas for plugin components: Failed to obtain provider schema: Could not load the schema for provider registry.terraform.io/hashicorp/aws: failed to instantiate provider "registry.terraform.io/hashicorp/aws" to obtain schema: timeout while waiting for plugin to start..',
      ),
    ],
    [
      'a provider that went away',
      error(
        'Plugin did not respond',
        'The plugin encountered an error, and failed to respond to the plugin.(*GRPCProvider).ReadResource call. The plugin logs may contain more details.',
      ),
    ],
    [
      'a provider that is still being written',
      error(
        'Failed to load plugin schemas',
        'failed to instantiate provider "registry.terraform.io/hashicorp/aws" to obtain schema: fork/exec .terraform/providers/terraform-provider-aws: text file busy.',
      ),
    ],
    [
      'an API of AWS (terraformer#1933)',
      error(
        'reading ELBv2 Listener: operation error Elastic Load Balancing v2: DescribeListeners, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: 1, api error Throttling: Rate exceeded',
      ),
    ],
  ])('%s', (_, diagnostic) => {
    expect(transientError([diagnostic])).toBe(diagnostic);
  });

  it.each([
    [
      'a lock that somebody holds',
      error(
        'Error acquiring the state lock',
        'Error message: operation error S3: PutObject, https response error StatusCode: 412, api error PreconditionFailed: At least one of the pre-conditions you specified did not hold\nLock Info:\n  ID:        2d3f\n  Who:       root@throttling\n',
      ),
    ],
    [
      'credentials that are not there, though they were looked for over the network',
      error(
        'No valid credential sources found',
        'Error: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded',
      ),
    ],
    [
      'a role that may not',
      error(
        'reading S3 Bucket: operation error S3: HeadBucket, https response error StatusCode: 403, RequestID: 1, HostID: , api error AccessDenied: no',
      ),
    ],
    [
      'a mistake',
      error('Unsupported argument', 'An argument named "timeout" is not expected here.'),
    ],
    ['a number that looks like one', error('Invalid value', 'port must not be 503')],
  ])('is not %s', (_, diagnostic) => {
    expect(transientError([diagnostic])).toBeUndefined();
  });

  it('counts only where every error of the run is one', () => {
    const throttled = error('ThrottlingException: Rate exceeded');
    const warning: Diagnostic = { severity: 'warning', summary: 'old', detail: '' };
    expect(transientError([warning, throttled])).toBe(throttled);
    expect(transientError([throttled, error('Unsupported argument')])).toBeUndefined();
    expect(transientError([])).toBeUndefined();
  });
});

describe('trying again', () => {
  let stack: Stack;
  beforeAll(async () => {
    const [first] = (await load(layeredTree(['dev']))).stacks;
    if (first === undefined) throw new Error('no stack');
    stack = first;
  });

  const throttled = failed({ summary: 'ThrottlingException: Rate exceeded' });

  function retrying(
    terraform: Partial<Terraform>,
    options: { readonly retries?: number; readonly onSleep?: () => void } = {},
  ) {
    const slept: number[] = [];
    const retries: Retry[] = [];
    const controller = new AbortController();
    const fake = fakeTerraform(terraform);
    const port = retryingTerraform(fake, {
      retries: options.retries ?? 3,
      clock: {
        sleep: (milliseconds, signal) => {
          slept.push(milliseconds);
          options.onSleep?.();
          controller.signal.throwIfAborted();
          return Promise.resolve(signal?.throwIfAborted());
        },
      },
      random: () => 0,
      signal: controller.signal,
      onRetry: (_, retry) => retries.push(retry),
    });
    return { port, fake, slept, retries, controller };
  }

  /** Answers with each run in turn, the last again and again. */
  function inTurn<R>(...runs: readonly R[]): () => Promise<R> {
    let at = 0;
    return () => {
      const run = runs[Math.min(at, runs.length - 1)];
      at += 1;
      return run === undefined ? Promise.reject(new Error('no run')) : Promise.resolve(run);
    };
  }

  it('waits longer each time, and says how often it took', async () => {
    const { port, slept, retries } = retrying({ init: inTurn(throttled, throttled, succeeded) });
    expect(await port.init(stack)).toMatchObject({ end: 'succeeded', attempts: 3 });
    expect(slept).toEqual([500, 1000]);
    expect(retries.map(({ step, attempt, attempts }) => [step, attempt, attempts])).toEqual([
      ['init', 2, 4],
      ['init', 3, 4],
    ]);
  });

  it('ends with the last failure', async () => {
    const { port, fake } = retrying(
      { plan: inTurn({ ...throttled, hasChanges: false }) },
      { retries: 2 },
    );
    const run = await port.plan(stack, { planFile: '/p' });
    expect(run).toMatchObject({ end: 'failed', attempts: 3 });
    expect(run.diagnostics).toHaveLength(1);
    expect(fake.calls).toHaveLength(3);
  });

  it('is not done for other failures, for kills, or where no retries are wanted', async () => {
    for (const [run, retries] of [
      [failed({ summary: 'Unsupported argument' }), 3],
      [{ ...throttled, end: 'killed' as const }, 3],
      [throttled, 0],
    ] as const) {
      const { port, fake } = retrying({ init: inTurn(run) }, { retries });
      expect(await port.init(stack)).toEqual(run);
      expect(fake.calls).toHaveLength(1);
    }
  });

  it('is never done for an apply', async () => {
    const { port, fake } = retrying({ apply: inTurn(throttled) });
    expect((await port.apply(stack, { planFile: '/p' })).end).toBe('failed');
    expect(fake.calls).toHaveLength(1);
  });

  it('stops at once after a cancel', async () => {
    const setup = retrying(
      { init: inTurn(throttled) },
      { onSleep: () => setup.controller.abort(new OperationError('cancelled', 'cancelled')) },
    );
    expect((await setup.port.init(stack)).end).toBe('interrupted');
    expect(setup.fake.calls).toHaveLength(1);
  });

  it('lets through what is no run at all', async () => {
    const { port } = retrying({ init: () => Promise.reject(new TypeError('broken')) });
    await expect(port.init(stack)).rejects.toThrow('broken');
  });
});
