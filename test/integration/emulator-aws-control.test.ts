import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { TestEmulator } from '../support/emulator.js';
import { sdkConfig, startTestEmulator } from '../support/emulator.js';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

describe('counting, faults and reset', () => {
  const ssm = (maxAttempts = 1): SSMClient =>
    new SSMClient({ ...sdkConfig(emulator), maxAttempts });
  const put = new PutParameterCommand({ Name: '/a', Type: 'String', Value: 'x' });
  const get = new GetParameterCommand({ Name: '/a' });

  it('counts calls per operation, refused ones included', async () => {
    await ssm().send(put);
    await ssm().send(get);
    await expect(ssm().send(new GetParameterCommand({ Name: '/none' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    expect(await emulator.calls()).toEqual({ 'ssm.PutParameter': 1, 'ssm.GetParameter': 2 });
  });

  it('throttles as often as a rule says, and the SDK gets through by retrying', async () => {
    await ssm().send(put);
    await emulator.addFaults({
      service: 'ssm',
      operation: 'GetParameter',
      kind: 'throttle',
      times: 2,
    });
    const { Parameter } = await ssm(3).send(get);
    expect(Parameter?.Value).toBe('x');
    expect((await emulator.calls())['ssm.GetParameter']).toBe(3);
  });

  it('breaks connections, answers 5xx, and stays silent', async () => {
    await emulator.addFaults({ operation: 'GetParameter', kind: 'reset', times: 1 });
    await expect(ssm().send(get)).rejects.toThrow('ECONNRESET');
    await emulator.addFaults({ operation: 'GetParameter', kind: 'error', status: 503, times: 1 });
    await expect(ssm().send(get)).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    await emulator.addFaults({ operation: 'GetParameter', kind: 'timeout', times: 1 });
    await expect(ssm().send(get, { abortSignal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('forgets everything on reset: resources, counts, rules', async () => {
    await ssm().send(put);
    await emulator.addFaults({ kind: 'error' });
    await emulator.reset();
    expect(await emulator.calls()).toEqual({});
    await expect(ssm().send(get)).rejects.toMatchObject({ name: 'ParameterNotFound' });
  });

  it('does the same over the control interface', async () => {
    const { control } = emulator;
    await control('POST', 'faults', { rules: [{ service: 'ssm', kind: 'throttle', times: 1 }] });
    await expect(ssm().send(get)).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(await control('GET', 'calls')).toEqual({ 'ssm.GetParameter': 1 });
    expect(await control('GET', 'faults')).toMatchObject({ rules: [{ fired: 1 }] });
    expect(await control('POST', 'faults', { kind: 'nonsense' })).toMatchObject({
      code: 'ValidationException',
    });
    expect(await control('POST', 'clock', { speed: 5 })).toMatchObject({ speed: 5 });
    expect(await control('POST', 'clock', { speed: 1 })).toMatchObject({ speed: 1 });
    expect(await control('POST', 'reset')).toEqual({});
    expect(await control('GET', 'calls')).toEqual({});
    expect(await control('GET', 'status')).toMatchObject({
      region: 'eu-west-1',
      accountId: '123456789012',
    });
  });
});
