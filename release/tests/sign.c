/* sign MODULE LABEL MESSAGE SIGNATURE: what an application does with the module, in C and with headers
 * that are not ours. Makes two keys, signs, verifies, unloads the module, and does it again with what
 * it finds. Writes the RSA signature (PKCS#1 v1.5, SHA-256) of MESSAGE, for others to verify.
 * It prints the name that the backend knows the RSA key by. */
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supacrypt_pkcs11.h"

#ifdef _WIN32
#include <windows.h>
typedef HMODULE library;
static library load(const char *path) { return LoadLibraryA(path); }
static void *entry(library l, const char *name) { return (void *)GetProcAddress(l, name); }
static int unload(library l) { return FreeLibrary(l) ? 0 : 1; }
#else
#include <dlfcn.h>
typedef void *library;
static library load(const char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }
static void *entry(library l, const char *name) { return dlsym(l, name); }
static int unload(library l) { return dlclose(l); }
#endif

static CK_FUNCTION_LIST *p11;

static void expect(const char *what, CK_RV got, CK_RV wanted) {
    if (got == wanted) return;
    fprintf(stderr, "%s: 0x%lx, not 0x%lx\n", what, (unsigned long)got, (unsigned long)wanted);
    exit(1);
}

#define OK(call) expect(#call, p11->call, CKR_OK)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static CK_BBOOL yes = CK_TRUE;

static library begin(const char *path, CK_SESSION_HANDLE *session) {
    library module = load(path);
    if (module == NULL) {
        fprintf(stderr, "%s cannot be loaded\n", path);
        exit(1);
    }
    CK_C_GetFunctionList list = (CK_C_GetFunctionList)entry(module, "C_GetFunctionList");
    if (list == NULL || list(&p11) != CKR_OK) {
        fprintf(stderr, "%s has no function list\n", path);
        exit(1);
    }
    CK_SLOT_ID slot;
    CK_ULONG count = 1;
    OK(C_Initialize(NULL));
    OK(C_GetSlotList(CK_TRUE, &slot, &count));
    OK(C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, session));
    return module;
}

static void end(library module) {
    OK(C_Finalize(NULL));
    p11 = NULL;
    if (unload(module) != 0) {
        fprintf(stderr, "the module cannot be unloaded\n");
        exit(1);
    }
}

static void make_pair(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, char *label,
                      CK_ATTRIBUTE what, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private) {
    CK_MECHANISM mechanism = {type, NULL, 0};
    CK_ATTRIBUTE name = {CKA_LABEL, label, (CK_ULONG)strlen(label)};
    CK_ATTRIBUTE token = {CKA_TOKEN, &yes, sizeof yes};
    CK_ATTRIBUTE publics[] = {name, token, what, {CKA_VERIFY, &yes, sizeof yes}};
    CK_ATTRIBUTE privates[] = {name, token, {CKA_SIGN, &yes, sizeof yes}};
    OK(C_GenerateKeyPair(session, &mechanism, publics, COUNT(publics), privates, COUNT(privates),
                         public, private));
}

/* ECDSA of a digest, which the module then verifies, and refuses once a bit has changed. */
static void sign_ec(CK_SESSION_HANDLE session, char *label) {
    static CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_ATTRIBUTE curve = {CKA_EC_PARAMS, p256, sizeof p256};
    CK_OBJECT_HANDLE public, private;
    make_pair(session, CKM_EC_KEY_PAIR_GEN, label, curve, &public, &private);

    CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
    CK_BYTE digest[32] = "a digest has thirty-two bytes..", signature[64];
    CK_ULONG length = sizeof signature;
    OK(C_SignInit(session, &ecdsa, private));
    OK(C_Sign(session, digest, sizeof digest, signature, &length));
    OK(C_VerifyInit(session, &ecdsa, public));
    OK(C_Verify(session, digest, sizeof digest, signature, length));
    digest[0] ^= 1;
    OK(C_VerifyInit(session, &ecdsa, public));
    expect("verifying another digest",
           p11->C_Verify(session, digest, sizeof digest, signature, length),
           CKR_SIGNATURE_INVALID);
}

static void make_rsa(CK_SESSION_HANDLE session, char *label) {
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE size = {CKA_MODULUS_BITS, &bits, sizeof bits};
    CK_OBJECT_HANDLE public, private;
    make_pair(session, CKM_RSA_PKCS_KEY_PAIR_GEN, label, size, &public, &private);
}

static void sign_rsa(CK_SESSION_HANDLE session, char *label, const char *message,
                     const char *output) {
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_RSA;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class},
                             {CKA_KEY_TYPE, &type, sizeof type},
                             {CKA_LABEL, label, (CK_ULONG)strlen(label)}};
    CK_OBJECT_HANDLE key;
    CK_ULONG found = 0;
    OK(C_FindObjectsInit(session, wanted, COUNT(wanted)));
    OK(C_FindObjects(session, &key, 1, &found));
    OK(C_FindObjectsFinal(session));
    expect("keys found", found, 1);

    char name[256] = "";
    CK_ATTRIBUTE ours = {CKA_SUPACRYPT_KEY_NAME, name, sizeof name - 1};
    OK(C_GetAttributeValue(session, key, &ours, 1));
    printf("%s\n", name);

    CK_BYTE text[4096], signature[256];
    FILE *file = fopen(message, "rb");
    size_t read = file == NULL ? 0 : fread(text, 1, sizeof text, file);
    if (read == 0 || fclose(file) != 0) {
        perror(message);
        exit(1);
    }
    CK_MECHANISM rsa = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_ULONG length = sizeof signature;
    OK(C_SignInit(session, &rsa, key));
    OK(C_Sign(session, text, (CK_ULONG)read, signature, &length));
    file = fopen(output, "wb");
    if (file == NULL || fwrite(signature, 1, length, file) != length || fclose(file) != 0) {
        perror(output);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: sign MODULE LABEL MESSAGE SIGNATURE\n");
        return 2;
    }
    CK_SESSION_HANDLE session;
    library module = begin(argv[1], &session);
    sign_ec(session, argv[2]);
    make_rsa(session, argv[2]);
    end(module);

    module = begin(argv[1], &session);
    sign_rsa(session, argv[2], argv[3], argv[4]);
    end(module);
    return 0;
}
