// Loaded into the browser of the tests (LD_PRELOAD): it is on the host where Docker makes and removes networks, which the
// kernel tells over netlink, and a browser drops its connections whenever a network comes or goes. People's browsers are
// elsewhere. A browser that cannot ask takes the network for one that stays.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int socket(int domain, int type, int protocol) {
    if (domain == AF_NETLINK) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return (int)syscall(SYS_socket, domain, type, protocol);
}
