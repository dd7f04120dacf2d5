import { noteUntouched } from '../../../actions/terraform-layer/apply/note-untouched.js';
import {
  formatApplied,
  parseApplied,
  type AppliedEntry,
} from '../../../actions/terraform-layer/sidecar/ledger.js';
import { memorySidecar, type MemorySidecar } from '../../support/sidecars.js';
import { silentLogger } from '../../support/silent-logger.js';
import { runPlanOf } from '../../support/terraform-report.js';

const before: AppliedEntry = { version: 1, sha: 'a'.repeat(40), at: '2026-01-01T00:00:00Z' };
const foundation = 'layers/01-foundation/environments/dev';
const head = 'b'.repeat(40);

/** What is noted of each stack, by id, after a run that none of them takes part in. */
async function notedAfter(
  entries: Readonly<Record<string, AppliedEntry | undefined>>,
  behind: readonly string[] = [],
  leg?: { readonly isLast: boolean; readonly undone?: readonly string[] },
): Promise<Readonly<Record<string, AppliedEntry | undefined>>> {
  const plan = { ...(await runPlanOf('apply')), reasons: new Map() };
  const sidecars = new Map<string, MemorySidecar>();
  for (const { id } of plan.workspace.stacks) {
    const entry = entries[id];
    const sidecar = memorySidecar();
    if (entry !== undefined) sidecar.objects.set('applied', formatApplied(entry));
    sidecars.set(id, sidecar);
  }
  await noteUntouched(
    [],
    { sidecars: ({ id }) => sidecars.get(id) },
    {
      plan,
      inputs: {
        layers: { kind: 'changed' },
        leg: leg && { leg: 'rest', stacks: [], after: [], isLast: leg.isLast },
      },
      history: { head, undone: new Set(leg?.undone) },
      behind: new Set(behind),
      ports: {
        github: undefined,
        clock: { now: () => 0, sleep: () => Promise.resolve() },
        log: silentLogger,
        secrets: { add: () => undefined, redact: (text) => text },
      },
    },
  );
  return Object.fromEntries(
    [...sidecars].flatMap(([id, { objects }]) => {
      const text = objects.get('applied');
      return text === undefined ? [] : [[id, parseApplied(text)]];
    }),
  );
}

it('brings what nothing has touched to the commit of the run', async () => {
  expect(await notedAfter({ [foundation]: before })).toMatchObject({
    [foundation]: { sha: head },
  });
});

it('leaves alone what is held back', async () => {
  const noted = await notedAfter({ [foundation]: before }, [foundation]);
  expect(noted).toEqual({ [foundation]: before });
});

it.each(['state', 'destroy', 'apply'])('keeps the mark of a %s that came meanwhile', async (by) => {
  const marked = { ...before, stateChangedBy: by };
  expect(await notedAfter({ [foundation]: marked })).toEqual({ [foundation]: marked });
});

describe('of several legs', () => {
  it('the last one brings it there, where all others went well', async () => {
    expect(await notedAfter({ [foundation]: before }, [], { isLast: true })).toMatchObject({
      [foundation]: { sha: head },
    });
  });

  it.each([{ isLast: false }, { isLast: true, undone: ['layers/02-platform/environments/dev'] }])(
    'none does else: %j',
    async (leg) => {
      expect(await notedAfter({ [foundation]: before }, [], leg)).toEqual({ [foundation]: before });
    },
  );
});
