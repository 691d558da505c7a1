import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A service as compose.yaml describes it. */
export interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly networks: { readonly default: { readonly aliases: readonly string[] } };
  readonly ports: readonly string[];
  readonly sysctls: Readonly<Record<string, number>>;
  readonly cap_drop: readonly string[];
  readonly volumes: readonly string[];
}

/**
 * The services of compose.yaml.
 * @param variables of the shell
 * @throws Error for a variable that must be given and is not, with what compose.yaml says of it
 * @see Compose specification, Interpolation
 */
export function readCompose(variables: Readonly<Record<string, string>>): Record<string, Service> {
  const text = readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8');
  const { services } = parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? interpolated(value, variables) : value,
  ) as { services: Record<string, Service> };
  return services;
}

function interpolated(value: string, variables: Readonly<Record<string, string>>): string {
  return value.replaceAll(/\$\{(\w+):\?([^}]*)\}/g, (_all, name: string, complaint: string) => {
    const given = variables[name];
    if (given === undefined || given === '') throw new Error(`${name}: ${complaint}`);
    return given;
  });
}
