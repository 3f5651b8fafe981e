// Round trips through crypto11, which makes Go's crypto.Signer, crypto.Decrypter and cipher.AEAD of a
// token's keys: signatures, a certificate, decryption, and a TLS server with many connections at once.
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"sync"
	"time"

	"github.com/ThalesGroup/crypto11"
)

func main() {
	log.SetFlags(0)
	pin := os.Getenv("P11_PIN")
	token, err := crypto11.Configure(&crypto11.Config{
		Path:              os.Getenv("P11_MODULE"),
		TokenLabel:        os.Getenv("P11_TOKEN"),
		Pin:               pin,
		LoginNotSupported: pin == "",
	})
	check("configure", err)

	signWithRSA(token)
	signer := signWithCurve(token)
	encrypt(token)
	serve(signer)
	certificates(token, signer)
	check("close", token.Close())
}

func signWithRSA(token *crypto11.Context) {
	_, err := token.GenerateRSAKeyPairWithLabel([]byte("go-rsa"), []byte("go-rsa"), 2048)
	check("make an RSA key", err)
	found, err := token.FindKeyPair([]byte("go-rsa"), nil)
	check("find it", err)
	public := found.Public().(*rsa.PublicKey)
	digest := sha256.Sum256([]byte("message"))

	signature, err := found.Sign(rand.Reader, digest[:], crypto.SHA256)
	check("sign", err)
	check("verify", rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature))
	pss := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	signature, err = found.Sign(rand.Reader, digest[:], pss)
	check("sign with PSS", err)
	check("verify with PSS", rsa.VerifyPSS(public, crypto.SHA256, digest[:], signature, pss))

	secret, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, public, []byte("secret"), nil)
	check("encrypt", err)
	plain, err := found.(crypto11.SignerDecrypter).Decrypt(rand.Reader, secret, &rsa.OAEPOptions{Hash: crypto.SHA1})
	check("decrypt", err)
	expect(bytes.Equal(plain, []byte("secret")), "decrypted something else")
}

func signWithCurve(token *crypto11.Context) crypto11.Signer {
	signer, err := token.GenerateECDSAKeyPairWithLabel([]byte("go-ec"), []byte("go-ec"), elliptic.P256())
	check("make an EC key", err)
	digest := sha256.Sum256([]byte("message"))
	concurrently(25, func() {
		signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
		check("sign with a curve", err)
		expect(ecdsa.VerifyASN1(signer.Public().(*ecdsa.PublicKey), digest[:], signature), "does not verify")
	})
	return signer
}

func encrypt(token *crypto11.Context) {
	key, err := token.GenerateSecretKeyWithLabel([]byte("go-aes"), []byte("go-aes"), 256, crypto11.CipherAES)
	check("make an AES key", err)
	block, err := key.NewCBCEncrypterCloser(make([]byte, 16))
	check("encrypt with CBC", err)
	cipher := make([]byte, 64)
	block.CryptBlocks(cipher, bytes.Repeat([]byte("a"), 64))
	block.Close()
	block, err = key.NewCBCDecrypterCloser(make([]byte, 16))
	check("decrypt with CBC", err)
	plain := make([]byte, 64)
	block.CryptBlocks(plain, cipher)
	block.Close()
	expect(bytes.Equal(plain, bytes.Repeat([]byte("a"), 64)), "decrypted something else")
	check("delete it", key.Delete())
	gone, err := token.FindKey([]byte("go-aes"), nil)
	expect(err != nil || gone == nil, "a deleted key is still there")
}

func selfSigned(signer crypto11.Signer) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(42),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	check("make a certificate", err)
	certificate, err := x509.ParseCertificate(der)
	check("read it", err)
	return certificate
}

func serve(signer crypto11.Signer) {
	certificate := selfSigned(signer)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates:           []tls.Certificate{{Certificate: [][]byte{certificate.Raw}, PrivateKey: signer}},
		SessionTicketsDisabled: true,
	})
	check("listen", err)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func(client net.Conn) {
				defer client.Close()
				io.WriteString(client, "hello")
			}(client)
		}
	}()
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	concurrently(10, func() {
		client, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost"})
		check("connect", err)
		answer, err := io.ReadAll(client)
		check("read", err)
		expect(string(answer) == "hello", "another answer")
		client.Close()
	})
	check("stop listening", listener.Close())
}

func certificates(token *crypto11.Context, signer crypto11.Signer) {
	certificate := selfSigned(signer)
	check("import a certificate", token.ImportCertificateWithLabel([]byte("go-ec"), []byte("go-ec"), certificate))
	found, err := token.FindCertificate([]byte("go-ec"), nil, nil)
	check("find a certificate", err)
	expect(found != nil && found.Equal(certificate), "another certificate was found")
	found, err = token.FindCertificate(nil, nil, certificate.SerialNumber)
	check("find a certificate by its number", err)
	expect(found != nil && found.Equal(certificate), "another certificate was found")
	check("delete it", token.DeleteCertificate([]byte("go-ec"), nil, nil))
}

// concurrently runs a function so many times in each of eight goroutines.
func concurrently(times int, run func()) {
	var group sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for done := 0; done < times; done++ {
				run()
			}
		}()
	}
	group.Wait()
}

func check(what string, err error) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}

func expect(holds bool, otherwise string) {
	if !holds {
		log.Fatal(otherwise)
	}
}
