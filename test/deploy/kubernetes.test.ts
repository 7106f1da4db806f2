// The Kubernetes manifests, as kustomize puts them together: what they promise, and whether they fit the image and the
// configuration that they bring.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { consoleServer } from "../../lib/console/server.ts";
import { findTools } from "../support/tools.ts";
import { readStages } from "./dockerfile.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const image = readStages(read("Dockerfile")).at(-1)!;
const of = (word: string) => image.instructions.find((one) => one.word === word)!.rest;
const { version } = JSON.parse(read("package.json"));

const wanted =
  "checks of the Kubernetes manifests need kubectl 1.27 or newer (https://kubernetes.io/docs/tasks/tools/)";
const hasKustomize = /kustomize version: v5/i.test(
  spawnSync("kubectl", ["version", "--client"]).stdout?.toString() ?? "",
);
if (!hasKustomize) console.warn(`Skipped: ${wanted}.`);
const tools = await findTools();

// biome-ignore lint/suspicious/noExplicitAny: documents of others' shapes
type Resource = any;

function build(overlay: string): Resource[] {
  const text = execFileSync("kubectl", ["kustomize", join(ROOT, "deploy/kubernetes", overlay)], { encoding: "utf8" });
  return parseAllDocuments(text).map((document) => document.toJS());
}

describe.skipIf(!hasKustomize).each(["volume", "postgres"])("the overlay %s", (overlay) => {
  const resources = hasKustomize ? build(overlay) : [];
  const find = (kind: string) => resources.find((one) => one.kind === kind);
  const pod = () => find("Deployment").spec.template.spec;
  const container = () => pod().containers[0];
  const config = () => parse(find("ConfigMap").data["lookout.yml"]);

  it.skipIf(tools === null)("is what the schemas of Kubernetes describe", async () => {
    expect(await tools!.check("kubernetes", resources)).toBe("");
    const wrong = [{ ...find("Service"), spec: { ...find("Service").spec, publishNotReady: true } }];
    expect(await tools!.check("kubernetes", wrong)).toContain("publishNotReady");
  });

  it("runs the image of this version as its user, with the rights of nobody", () => {
    expect(container().image).toBe(`ghcr.io/lookout-alerts/lookout:${version}`);
    const { runAsUser, runAsGroup, ...rest } = pod().securityContext;
    expect(`${runAsUser}:${runAsGroup}`).toBe(of("USER"));
    expect(rest).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(container().securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod().automountServiceAccountToken).toBe(false);
    expect(container().resources).toMatchObject({ requests: { cpu: "50m" }, limits: { memory: "512Mi" } });
  });

  it("probes what the console serves, where the configuration has it listen", () => {
    const paths = consoleServer({} as never).routes.map(({ path }) => path);
    const { livenessProbe, startupProbe, readinessProbe, ports } = container();
    const port = Number(config().console.listen.split(":")[1]);
    expect(ports).toEqual([{ name: "console", containerPort: port }]);
    for (const { httpGet } of [livenessProbe, startupProbe, readinessProbe]) {
      expect(paths).toContain(httpGet.path);
      expect(httpGet.port).toBe("console");
      // Whether messages arrive says nothing of this pod, and who asks has no token.
      expect(httpGet.path).toBe("/healthz");
    }
  });

  it("is drained whatever it is asked to say of itself", () => {
    const budget = find("PodDisruptionBudget")?.spec ?? { unhealthyPodEvictionPolicy: "AlwaysAllow" };
    expect(budget.unhealthyPodEvictionPolicy).toBe("AlwaysAllow");
  });

  it("mounts the configuration where the image reads it, and gives a stop its ten seconds", () => {
    const mount = container().volumeMounts.find(({ name }: Resource) => name === "config");
    expect(of("ENV")?.split(" ")).toContain(`LOOKOUT_CONFIG=${mount.mountPath}/lookout.yml`);
    const volume = pod().volumes.find(({ name }: Resource) => name === "config");
    expect(volume.configMap.name).toBe(find("ConfigMap").metadata.name);
    expect(pod().terminationGracePeriodSeconds).toBeGreaterThan(10);
  });

  it("selects its own pods alone, in all that selects", () => {
    const own = { "app.kubernetes.io/name": "lookout" };
    expect(find("Deployment").spec.template.metadata.labels).toEqual(own);
    expect(find("Service").spec.selector).toEqual(own);
    expect(find("NetworkPolicy").spec.podSelector.matchLabels).toEqual(own);
    expect(find("PodDisruptionBudget")?.spec.selector.matchLabels ?? own).toEqual(own);
  });

  it("keeps the state where its replicas may share it", () => {
    const { replicas, strategy } = find("Deployment").spec;
    const state = container().volumeMounts.find(({ name }: Resource) => name === "state");
    if (overlay === "volume") {
      expect([replicas, strategy.type]).toEqual([1, "Recreate"]);
      expect(config().store).toEqual({ type: "sqlite", path: `${state.mountPath}/state.db` });
      expect(of("VOLUME")).toBe(state.mountPath);
      expect(find("PersistentVolumeClaim").spec.accessModes).toEqual(["ReadWriteOncePod"]);
    } else {
      expect([replicas, strategy.type, state]).toEqual([2, "RollingUpdate", undefined]);
      expect(config().store.type).toBe("postgres");
    }
  });
});
