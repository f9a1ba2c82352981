// The services that the driver serves as gRPC knows them, and their messages as they travel.
import { fileURLToPath } from 'node:url'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

export type NodePublishVolumeRequest = {
  readonly volumeId: string
  readonly targetPath: string
  readonly volumeCapability?: VolumeCapability | null
  readonly readonly: boolean
  readonly secrets: Readonly<Record<string, string>>
  readonly volumeContext: Readonly<Record<string, string>>
}

export type VolumeCapability = {
  readonly mount?: { readonly fsType?: string; readonly mountFlags?: readonly string[] } | null
  readonly block?: object | null
  readonly accessMode?: { readonly mode: number } | null
}

export type NodeUnpublishVolumeRequest = {
  readonly volumeId: string
  readonly targetPath: string
}

export type RegistrationStatus = { readonly pluginRegistered: boolean; readonly error: string }

export type CsiProtocol = { readonly identity: ServiceDefinition; readonly node: ServiceDefinition }

export function loadProtocol(): CsiProtocol {
  const loaded = load('csi.proto')
  return {
    identity: loaded['csi.v1.Identity'] as ServiceDefinition,
    node: loaded['csi.v1.Node'] as ServiceDefinition,
  }
}

export function loadRegistration(): ServiceDefinition {
  return load('plugin-registration.proto')['pluginregistration.Registration'] as ServiceDefinition
}

function load(file: string) {
  return loadSync(fileURLToPath(new URL(file, import.meta.url)), { defaults: true })
}
