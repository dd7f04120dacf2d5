import { hasResources } from '../../../actions/terraform-layer/sidecar/has-resources.js';
import { memorySidecar, stateOf } from '../../support/sidecars.js';

const resource = (mode: string, instances: readonly unknown[] = [{}]): string =>
  JSON.stringify({ version: 4, resources: [{ mode, type: 't', name: 'n', instances }] });

async function told(state: string | undefined): Promise<boolean | undefined> {
  const sidecar = memorySidecar();
  sidecar.state = state;
  return hasResources(sidecar);
}

describe('a state holds something', () => {
  it.each([
    ['a managed resource', stateOf([{ type: 'aws_sqs_queue', name: 'q', id: 'q' }])],
    ['what is left of a replacement', resource('managed', [{ deposed: 'a1b2c3d4' }])],
    ['what cannot be read, as an encrypted state', 'no json'],
    ['what is of a version that is not known', '{"version":5,"resources":[]}'],
  ])('with %s', async (_, state) => {
    expect(await told(state)).toBe(true);
  });
});

describe('a state holds nothing', () => {
  it.each([
    ['where there is none', undefined],
    ['that a destroy has emptied', stateOf([], { serial: 7 })],
    ['with nothing but data sources', resource('data')],
    ['whose resources have no instances left', resource('managed', [])],
    ['of which no resources are said', '{"version":4,"resources":null}'],
  ])('%s', async (_, state) => {
    expect(await told(state)).toBe(false);
  });
});

it('is not known where the state may not be looked at, or lies elsewhere', async () => {
  const denied = { ...memorySidecar(), stateVersion: () => Promise.resolve(undefined) };
  expect(await hasResources(denied)).toBeUndefined();
  expect(await hasResources(undefined)).toBeUndefined();
});
