import { keepCopy } from '../../../actions/terraform-layer/state/keep-copy.js';
import { memorySidecar, stateOf } from '../../support/sidecars.js';

describe('the copy of a state before it is changed', () => {
  it('lies beside it, in place of an older one', async () => {
    const sidecar = memorySidecar(new Map([['copy', 'older']]));
    expect(await keepCopy(sidecar, stateOf([]))).toBe('s3://states/app.tfstate.infra/copy');
    expect(sidecar.objects.get('copy')).toBe(stateOf([]));
  });

  it('leaves a state alone that an apply could not write', async () => {
    const sidecar = memorySidecar(new Map([['recovery', 'left']]));
    await keepCopy(sidecar, stateOf([]));
    expect(sidecar.objects.get('recovery')).toBe('left');
  });

  it('is told where it cannot be kept', async () => {
    const denied = { ...memorySidecar(), write: () => Promise.reject(new Error('denied')) };
    await expect(keepCopy(denied, stateOf([]))).rejects.toMatchObject({ code: 'state-not-kept' });
  });
});
