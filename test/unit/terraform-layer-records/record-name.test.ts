import fc from 'fast-check';
import {
  formatRecordName,
  legOf,
  parseRecordName,
} from '../../../actions/terraform-layer/records/record-name.js';
import { sha } from '../../support/github.js';

/** What GitHub refuses in the name of an artifact. */
const forbidden = /["':<>|*?\r\n\\/]/;

describe("a record's name", () => {
  it('says which commit, leg and attempt it is of, whatever the parts of the leg are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' })),
        fc.integer({ min: 1, max: 999 }),
        (parts, attempt) => {
          const name = { subjectSha: sha('a'), leg: legOf(parts), attempt };
          const text = formatRecordName(name);
          expect(parseRecordName(text)).toEqual(name);
          expect(text).not.toMatch(forbidden);
          expect(text.length).toBeLessThan(160);
        },
      ),
    );
  });

  it('tells legs apart that read alike', () => {
    expect(legOf(['dev', 'a/b'])).not.toBe(legOf(['dev', 'a b']));
    expect(legOf(['dev', 'a'])).not.toBe(legOf(['dev-a']));
    expect(legOf(['Plan', 'dev'])).toMatch(/^plan-dev-[0-9a-f]{8}$/);
  });

  it('is no name of anything else', () => {
    for (const other of [
      'coverage',
      `infra-review_${sha('a')}_all_1`,
      `infra-review_${sha('a')}_../x_1.json`,
      `infra-review_abc_all_1.json`,
      `x infra-review_${sha('a')}_all_1.json`,
    ]) {
      expect(parseRecordName(other)).toBeUndefined();
    }
  });
});
