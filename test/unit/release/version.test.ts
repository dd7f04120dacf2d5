import { chooseVersion, majorTag, type ChangeNote } from '../../../scripts/release/version.js';

const note = (bump: ChangeNote['bump']): ChangeNote => ({ id: bump, bump, summary: bump });
const choose = (
  asked: string | undefined,
  current: string,
  ...notes: readonly ChangeNote['bump'][]
): string | readonly string[] => {
  const choice = chooseVersion({ asked, current, notes: notes.map(note) });
  return choice.kind === 'chosen' ? choice.version : choice.problems.map(({ code }) => code);
};

describe('the version of a release', () => {
  it('is what the largest note gives', () => {
    expect(choose(undefined, '1.2.3', 'patch')).toBe('1.2.4');
    expect(choose(undefined, '1.2.3', 'patch', 'minor', 'none')).toBe('1.3.0');
    expect(choose(undefined, '1.2.3', 'minor', 'major')).toBe('2.0.0');
    expect(choose(undefined, '0.0.0', 'major')).toBe('1.0.0');
  });

  it('is the one that was asked for, where it promises no less', () => {
    expect(choose('1.3.0', '1.2.3', 'patch')).toBe('1.3.0');
    expect(choose('2.0.0', '1.2.3', 'minor')).toBe('2.0.0');
    expect(choose('1.2.4', '1.2.3', 'minor')).toEqual(['version-below-notes']);
  });

  it('is greater than the last one', () => {
    expect(choose('1.2.3', '1.2.3', 'patch')).toEqual(['version-not-greater']);
    expect(choose('1.1.9', '1.2.3', 'patch')).toEqual(['version-not-greater']);
  });

  it.each(['v1.2.3', '1.2', '1.2.3-rc.1', '1.2.3+build', '01.2.3', 'latest'])(
    'is none as %j',
    (asked) => {
      expect(choose(asked, '0.0.0', 'major')).toEqual(['version-invalid']);
    },
  );

  it('needs a note, and all that is wrong is said at once', () => {
    expect(choose(undefined, '1.2.3')).toEqual(['no-change-notes']);
    expect(choose(undefined, '1.2.3', 'none')).toEqual(['no-change-notes']);
    expect(choose('latest', '1.2.3')).toEqual(['no-change-notes', 'version-invalid']);
  });

  it('decides the tag that moves', () => {
    expect(majorTag('1.2.3')).toBe('v1');
    expect(majorTag('12.0.0')).toBe('v12');
  });
});
