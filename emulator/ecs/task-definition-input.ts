import { z } from 'zod';

/** The members of a container definition that the emulator reads; every other one is kept as given. */
export const containerDefinitionSchema = z.looseObject({
  name: z.string().optional(),
  image: z.string().optional(),
  essential: z.boolean().optional(),
  cpu: z.number().optional(),
  memory: z.number().optional(),
  memoryReservation: z.number().optional(),
  environment: z
    .array(z.looseObject({ name: z.string().optional(), value: z.string().optional() }))
    .optional(),
  secrets: z.array(z.looseObject({ name: z.string().optional() })).optional(),
  portMappings: z
    .array(
      z.looseObject({
        containerPort: z.number().optional(),
        hostPort: z.number().optional(),
        protocol: z.string().optional(),
      }),
    )
    .optional(),
  dependsOn: z.array(z.looseObject({ containerName: z.string().optional() })).optional(),
  healthCheck: z
    .looseObject({
      command: z.array(z.string()).optional(),
      interval: z.number().optional(),
      timeout: z.number().optional(),
      retries: z.number().optional(),
      startPeriod: z.number().optional(),
    })
    .optional(),
  logConfiguration: z
    .looseObject({
      logDriver: z.string().optional(),
      options: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
});

export type ContainerDefinition = z.infer<typeof containerDefinitionSchema>;

/** RegisterTaskDefinition's members that the emulator reads; every other one is kept as given. */
export const registerSchema = z.looseObject({
  family: z.string().optional(),
  containerDefinitions: z.array(containerDefinitionSchema).optional(),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  networkMode: z.string().optional(),
  requiresCompatibilities: z.array(z.string()).optional(),
  executionRoleArn: z.string().optional(),
  taskRoleArn: z.string().optional(),
  volumes: z.array(z.looseObject({ name: z.string().optional() })).optional(),
  placementConstraints: z.array(z.looseObject({})).optional(),
  runtimePlatform: z
    .looseObject({
      cpuArchitecture: z.string().optional(),
      operatingSystemFamily: z.string().optional(),
    })
    .optional(),
});

export type RegisterInput = z.infer<typeof registerSchema>;
