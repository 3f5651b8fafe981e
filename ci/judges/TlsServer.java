import java.security.KeyStore;
import java.security.Security;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import java.net.InetAddress;

/** Says hello to each TLS client, with the keys of a PKCS#11 token. Arguments: configuration, PIN, port. */
class TlsServer {
    public static void main(String[] arguments) throws Exception {
        var provider = Security.getProvider("SunPKCS11").configure(arguments[0]);
        Security.addProvider(provider);
        var pin = arguments[1].toCharArray();
        var keys = KeyStore.getInstance("PKCS11", provider);
        keys.load(null, pin);

        var managers = KeyManagerFactory.getInstance("SunX509");
        managers.init(keys, pin);
        var context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);

        var port = Integer.parseInt(arguments[2]);
        var address = InetAddress.getByName("127.0.0.1");
        try (var listener = context.getServerSocketFactory().createServerSocket(port, 16, address)) {
            while (true) {
                try (var client = (SSLSocket) listener.accept()) {
                    client.getOutputStream().write("hello\n".getBytes());
                } catch (java.io.IOException reason) {
                    System.err.println(reason);
                }
            }
        }
    }
}
