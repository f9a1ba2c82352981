// Certificates of TLS servers, signed by an authority of ours.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { algorithm, keyPem, type Pem, type Validity, validityOf } from './authority.ts'

export type ServerNames = {
  readonly commonName: string
  readonly dns: readonly string[]
  /** IPv4 and IPv6, without brackets. */
  readonly ip: readonly string[]
}

/** With a key of its own. */
export async function createServerCertificate(
  authority: Pem,
  { commonName, dns, ip }: ServerNames,
  validity: Validity,
): Promise<Pem> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(authority.key),
    algorithm,
    false,
    ['sign'],
  )
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${commonName}`,
    issuer: issuer.subject,
    ...validityOf(validity),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      new x509.SubjectAlternativeNameExtension([
        ...ip.map(value => ({ type: 'ip', value }) as const),
        ...dns.map(value => ({ type: 'dns', value }) as const),
      ]),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await keyPem(keys.privateKey) }
}
