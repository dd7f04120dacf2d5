/**
 * Memory in MiB that goes with CPU units on Fargate (Developer Guide, "Task definition parameters
 * for Fargate", task size; API reference, "RegisterTaskDefinition", memory). 8 and 16 vCPU need
 * Linux platform 1.4.0.
 */
const sizes: readonly {
  readonly cpu: number;
  readonly from: number;
  readonly to: number;
  readonly step: number;
}[] = [
  { cpu: 512, from: 1024, to: 4096, step: 1024 },
  { cpu: 1024, from: 2048, to: 8192, step: 1024 },
  { cpu: 2048, from: 4096, to: 16_384, step: 1024 },
  { cpu: 4096, from: 8192, to: 30_720, step: 1024 },
  { cpu: 8192, from: 16_384, to: 61_440, step: 4096 },
  { cpu: 16_384, from: 32_768, to: 122_880, step: 8192 },
];

const smallest = { cpu: 256, memory: [512, 1024, 2048] } as const;

export const fargateCpus: readonly number[] = [smallest.cpu, ...sizes.map(({ cpu }) => cpu)];

/** The memory sizes in MiB that go with these CPU units; `undefined`: no such CPU size. */
export function fargateMemory(cpu: number): readonly number[] | undefined {
  if (cpu === smallest.cpu) return smallest.memory;
  const size = sizes.find((one) => one.cpu === cpu);
  if (size === undefined) return undefined;
  const { from, to, step } = size;
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
}
