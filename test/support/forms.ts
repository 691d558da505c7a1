/** The fields of a form as a browser would send them when nobody touches it. @param html a page @param id of the form */
export function fieldsOf(html: string, id: string): Record<string, string | string[]> {
  const [form = ''] = new RegExp(`<form id="${id}"[^]*?</form>`).exec(html) ?? [];
  const fields = [...inputs(form), ...selects(form), ...areas(form)];
  const names = [...new Set(fields.map(([name]) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const values = fields.filter(([other]) => other === name).map(([, value]) => value);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

type Field = [name: string, value: string];

function inputs(form: string): Field[] {
  return [...form.matchAll(/<input ([^>]*)>/g)].flatMap(([, attributes = '']): Field[] => {
    const type = attribute(attributes, 'type');
    const isSent = !['checkbox', 'radio'].includes(type) || attributes.includes(' checked');
    return isSent ? [[attribute(attributes, 'name'), attribute(attributes, 'value')]] : [];
  });
}

function selects(form: string): Field[] {
  return [...form.matchAll(/<select ([^>]*)>([^]*?)<\/select>/g)].map(
    ([, attributes = '', options = '']): Field => {
      const [chosen = '', first = ''] = [/<option ([^>]*) selected>/, /<option ([^>]*)>/].map(
        (pattern) => pattern.exec(options)?.[1] ?? '',
      );
      return [attribute(attributes, 'name'), attribute(chosen || first, 'value')];
    },
  );
}

function areas(form: string): Field[] {
  return [...form.matchAll(/<textarea ([^>]*)>([^<]*)<\/textarea>/g)].map(
    ([, attributes = '', text = '']): Field => [
      attribute(attributes, 'name'),
      unescaped(text).replace(/^\n/, ''),
    ],
  );
}

function attribute(attributes: string, name: string): string {
  return unescaped(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
}

/** Text as EJS escaped it. */
export function unescaped(text: string): string {
  return text
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
