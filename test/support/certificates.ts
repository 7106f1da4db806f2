// Certificates for servers of tests, made by openssl when they are needed: nothing of a key stands in the repository.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  key: string;
  cert: string;
}

const CONFIG = `
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = DNS:localhost
`;

/**
 * A certificate of localhost, signed by itself, that is valid up to so many days from now; negative: it has expired.
 */
export function certificateFor(days: number): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "lookout-certificate-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  try {
    const files = { "own.cnf": CONFIG, "index.txt": "", serial: "01\n" };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl("req", "-new", ...kind, "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem");
    const valid = ["-startdate", stamp(days - 90), "-enddate", stamp(days)];
    const signed = ["-selfsign", "-in", "request.pem", "-keyfile", "key.pem", "-out", "cert.pem"];
    openssl("ca", "-batch", "-notext", "-config", "own.cnf", ...signed, ...valid);
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    return { key: read("key.pem"), cert: read("cert.pem") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As openssl writes an instant: YYYYMMDDHHMMSSZ. */
function stamp(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return `${time.slice(0, 19).replace(/[-:T]/g, "")}Z`;
}
