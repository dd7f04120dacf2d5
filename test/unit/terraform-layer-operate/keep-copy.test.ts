import { keepCopy } from '../../../actions/terraform-layer/state/keep-copy.js';
import { parseStateDocument } from '../../../actions/terraform-layer/state/state-document.js';
import { memorySidecar } from '../../support/sidecars.js';

const stateOf = (serial: number, lineage = 'l'): string =>
  JSON.stringify({ version: 4, serial, lineage, resources: [] });
const current = parseStateDocument(stateOf(7));

describe('the copy of a state before it is changed', () => {
  it('lies beside it', async () => {
    const sidecar = memorySidecar();
    expect(await keepCopy(sidecar, stateOf(7), current)).toBe(
      's3://states/app.tfstate.infra/recovery',
    );
    expect(sidecar.objects.get('recovery')).toBe(stateOf(7));
  });

  it('takes the place of an older one', async () => {
    const sidecar = memorySidecar(new Map([['recovery', stateOf(5)]]));
    await keepCopy(sidecar, stateOf(7), current);
    expect(sidecar.objects.get('recovery')).toBe(stateOf(7));
  });

  it.each([
    ['is newer', stateOf(8)],
    ['is of another lineage', stateOf(5, 'm')],
    ['cannot be read', 'encrypted'],
  ])(
    'does not take the place of a state that %s, which an apply may have left',
    async (_, left) => {
      const sidecar = memorySidecar(new Map([['recovery', left]]));
      await expect(keepCopy(sidecar, stateOf(7), current)).rejects.toMatchObject({
        problems: [{ code: 'recovery-pending' }],
      });
      expect(sidecar.objects.get('recovery')).toBe(left);
    },
  );

  it('is told where it cannot be kept', async () => {
    const denied = { ...memorySidecar(), write: () => Promise.reject(new Error('denied')) };
    await expect(keepCopy(denied, stateOf(7), current)).rejects.toMatchObject({
      code: 'state-not-kept',
    });
  });
});
