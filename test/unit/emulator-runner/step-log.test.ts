import { SecretMasker } from '../../../emulator/runner/secret-masker.js';
import { StepLog } from '../../../emulator/runner/step-log.js';

function receive(lines: readonly string[], options: { debug?: boolean } = {}): StepLog {
  const log = new StepLog({
    masker: new SecretMasker(),
    workspace: '/home/runner/space',
    debug: options.debug ?? false,
  });
  for (const line of lines) log.receive(line);
  return log;
}

describe('StepLog', () => {
  it('turns commands into annotations with their place', () => {
    const log = receive([
      '::error file=/home/runner/space/a/b.tf,line=3,endLine=5,col=2,endColumn=9,title=T::E',
      '::warning::W',
      '::notice file=/elsewhere/x::N',
    ]);
    expect(log.annotations).toEqual([
      {
        ...{ level: 'error', message: 'E', title: 'T', file: 'a/b.tf' },
        ...{ line: 3, endLine: 5, column: 2, endColumn: 9 },
      },
      { level: 'warning', message: 'W' },
      { level: 'notice', message: 'N', file: '/elsewhere/x' },
    ]);
    expect(log.lines).toEqual(['##[error]E', '##[warning]W', '##[notice]N']);
    expect(log.failed).toBe(false);
  });

  it('leaves out a line number that is none', () => {
    expect(receive(['::error file=a,line=x::E']).annotations).toEqual([
      { level: 'error', message: 'E', file: 'a' },
    ]);
  });

  it('keeps ten annotations of a level and all lines, as GitHub does', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `::error::${index}`);
    const log = receive([...lines, '::warning::W']);
    expect(log.annotations).toHaveLength(11);
    expect(log.lines).toHaveLength(13);
  });

  it('cuts long messages', () => {
    expect(receive([`::error::${'x'.repeat(5000)}`]).annotations[0]?.message).toHaveLength(4096);
  });

  it('masks from the moment that it is told to, and never shows the command', () => {
    const log = receive(['early s3cret', '::add-mask::s3cret', 'late s3cret', '::error::s3cret']);
    expect(log.lines).toEqual(['early s3cret', 'late ***', '##[error]***']);
    expect(log.annotations).toEqual([{ level: 'error', message: '***' }]);
    expect(log.rawLines[2]).toBe('late s3cret');
    expect(log.maskCount).toBe(1);
  });

  it('warns of an empty mask', () => {
    const log = receive(['::add-mask::  ']);
    expect(log.annotations).toMatchObject([{ level: 'warning' }]);
    expect(log.maskCount).toBe(0);
  });

  it('obeys no command between stop-commands and its token', () => {
    const log = receive([
      '::stop-commands::t0ken',
      '::error::not one',
      '##[add-mask]not',
      '::other::',
      '::t0ken::',
      '::error::one',
    ]);
    expect(log.annotations).toEqual([{ level: 'error', message: 'one' }]);
    expect(log.maskCount).toBe(0);
    expect(log.lines).toContain('::error::not one');
  });

  it.each(['', 'error', 'ADD-MASK', 'pause-logging'])(
    'refuses %j as the token of stop-commands',
    (token) => {
      const log = receive([`::stop-commands::${token}`, '::notice::still obeyed']);
      expect(log.failed).toBe(true);
      expect(log.annotations.at(-1)).toEqual({ level: 'notice', message: 'still obeyed' });
    },
  );

  it.each(['::set-env name=A::b', '::add-path::/x', '::set-output::x', '::echo::maybe'])(
    'fails the step for %s',
    (line) => {
      expect(receive([line]).failed).toBe(true);
    },
  );

  it('takes the deprecated commands for outputs and state, with a warning', () => {
    const log = receive(['::set-output name=a::1', '::save-state name=b::2']);
    expect([...log.outputs, ...log.state]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(log.annotations.map(({ level }) => level)).toEqual(['warning', 'warning']);
  });

  it('shows debug lines only where debugging is on', () => {
    expect(receive(['::debug::x']).lines).toEqual([]);
    expect(receive(['::debug::x'], { debug: true }).lines).toEqual(['##[debug]x']);
  });

  it('folds groups', () => {
    expect(receive(['::group::Title', 'in', '::endgroup::']).lines).toEqual([
      '##[group]Title',
      'in',
      '##[endgroup]',
    ]);
  });

  it('echoes commands between echo on and off', () => {
    const log = receive([
      '::echo::on',
      '::set-output name=a::1',
      '::add-mask::abcd',
      '::echo::off',
    ]);
    expect(log.lines).toContain('::set-output name=a::1');
    expect(log.lines).toContain('::add-mask::***');
  });
});
