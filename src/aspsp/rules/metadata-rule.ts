import { quote } from '../../domain/errors.js';
import { expectThat, type Finding } from '../../domain/rules.js';
import { describeReplacement } from '../negotiation.js';
import { textsOf, type Evidence } from '../evidence.js';
import { dictionary, type RegistrationRule } from './registration-rule.js';

/**
 * A rule about one claim of the metadata, as the bank takes it: where the bank replaced an unsupported value, the rule
 * looks at the replacement, and says so.
 */
export function metadataRule(
  id: string,
  claim: string,
  title: string,
  check: RegistrationRule['check'],
  needs: readonly string[] = [],
): RegistrationRule {
  return {
    id,
    title,
    claim,
    spec: dictionary(claim),
    error: 'invalid_client_metadata',
    needs: ['request-jws', ...needs],
    check: async (evidence) => tellReplacement(evidence, claim, await check(evidence)),
  };
}

function tellReplacement({ negotiation }: Evidence, claim: string, finding: Finding): Finding {
  const replacement = negotiation.replacements.get(claim);
  if (!replacement || finding.outcome === 'failed') return finding;
  return {
    outcome: 'passed',
    expected: 'a value that the bank supports',
    actual: quote(replacement.from),
    reason: describeReplacement(replacement),
  };
}

/** A claim that must be one of the values the bank supports. */
export function checkOneOf(claim: string, value: unknown, supported: readonly string[]): Finding {
  return expectThat(
    typeof value === 'string' && supported.includes(value),
    `${claim}: one of ${supported.map(quote).join(', ')}`,
    value,
  );
}

/** A claim that must be a list of values the bank supports. */
export function checkListOf(
  claim: string,
  value: unknown,
  supported: readonly string[],
  minimum: number,
): Finding {
  const list = textsOf(value);
  const good = list !== undefined && list.length >= minimum && list.every((item) => supported.includes(item));
  return expectThat(good, `${claim}: a list of ${supported.map(quote).join(', ')}`, value);
}
