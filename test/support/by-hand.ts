import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { sdkConfig, type TestEmulator } from './emulator.js';

/** Gives a parameter that is there another value past Terraform, as a person does. */
export async function setByHand(
  emulator: TestEmulator,
  name: string,
  value: string,
): Promise<void> {
  await new SSMClient(sdkConfig(emulator)).send(
    new PutParameterCommand({ Name: name, Value: value, Overwrite: true }),
  );
}
