// Each function runs as the version that its alias names: what is rolled back is the alias.
import type { Resources } from "./template.ts";

export const ALIAS = "live";

/** A function of the framework's, as it is compiled. */
export interface Aliased {
  targetAlias?: { name: string; logicalId: string };
}

export function aliasId(functionId: string): string {
  return `${functionId}Live`;
}

/** Events invoke the alias from now on; the framework's own way of doing so for provisioned concurrency. */
export function aim(functions: Readonly<Record<string, Aliased>>, functionId: (key: string) => string): void {
  for (const [key, one] of Object.entries(functions)) {
    one.targetAlias = { name: ALIAS, logicalId: aliasId(functionId(key)) };
  }
}

/** An alias for each version of the template. */
export function aliases(compiled: Resources): Resources {
  return Object.fromEntries(
    Object.entries(compiled).flatMap(([id, { Type, Properties }]) => {
      if (Type !== "AWS::Lambda::Version") return [];
      const FunctionName = Properties["FunctionName"] as { Ref: string };
      const FunctionVersion = { "Fn::GetAtt": [id, "Version"] };
      const alias = { Type: "AWS::Lambda::Alias", Properties: { Name: ALIAS, FunctionName, FunctionVersion } };
      return [[aliasId(FunctionName.Ref), alias]];
    }),
  );
}

/** Leaves out what CloudFormation knows by itself: that a function comes after the role that it names. */
export function tidy(compiled: Resources): void {
  for (const one of Object.values(compiled)) {
    if (one.Type !== "AWS::Lambda::Function") continue;
    const role = (one.Properties["Role"] as { "Fn::GetAtt"?: [string, string] })["Fn::GetAtt"]?.[0];
    one["DependsOn"] = [one["DependsOn"] ?? []].flat().filter((id) => id !== role);
  }
}
