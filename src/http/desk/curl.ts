/** A call of the control API. */
export interface ApiCall {
  /** What it does, for people. */
  readonly label: string;
  /** GET, or POST where there is a body, when absent. */
  readonly method?: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The file whose JSON is sent. */
  readonly bodyFile?: string;
  /** The media type wanted; JSON when absent. */
  readonly accept?: string;
  /** The file that the answer goes into; it is printed when absent. */
  readonly saveAs?: string;
}

/** The command that makes a call of the control API from a POSIX shell. @param here the desk, as its caller names it */
export function curlCommand(
  here: string,
  { method, path, body, bodyFile, accept, saveAs }: ApiCall,
  asksForPassword: boolean,
): string {
  const data = bodyFile === undefined ? jsonText(body) : `@${bodyFile}`;
  const usualMethod = data === undefined ? 'GET' : 'POST';
  return [
    'curl -s',
    ...(saveAs === undefined ? [] : [`-o ${saveAs}`]),
    ...(asksForPassword ? ['-u admin'] : []),
    ...(method === undefined || method === usualMethod ? [] : [`-X ${method}`]),
    quoted(`${here}${path}`),
    ...(accept === undefined ? [] : [`-H ${quoted(`accept: ${accept}`)}`]),
    ...(data === undefined ? [] : [`-H 'content-type: application/json' -d ${data}`]),
  ].join(' ');
}

function jsonText(body: unknown): string | undefined {
  return body === undefined ? undefined : quoted(JSON.stringify(body));
}

/** A text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
