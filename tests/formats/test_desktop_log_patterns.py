from __future__ import annotations

import re

import pytest

from probes.formats.desktop_log_patterns import (
    CLIENT_PATTERNS,
    DESKTOP_PATTERNS,
    knows,
    recognise,
)
from probes.model import SEVERITIES

# Lines that real programs wrote, as people posted them; user names are replaced.
LINES = [
    ("desktop-log-virtualization-off", "Error code: Wsl/Service/RegisterDistro/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED"),
    ("desktop-log-virtualization-off", "WslRegisterDistribution failed with error: 0x80370102"),
    ("desktop-log-virtualization-off", "Docker Desktop is unable to detect a Hypervisor."),
    ("desktop-log-virtualization-off", "[2026-10-04T19:40:26.085281500Z][com.docker.backend.exe.engines][E] engine linux/wsl failed to start: checking preconditions: Virtual Machine Platform not enabled"),
    ("desktop-log-virtualization-off", "failed to register layer: failed to start service utility VM (applydiff 535f073b3fcb): container 535f073b3fcb_svm encountered an error during CreateContainer: failure in a Windows system call: No hypervisor is present on this system. (0xc0351000)"),
    ("desktop-log-vm-service-missing", 'deploying "docker-desktop": importing WSL distro "The operation could not be started because a required feature is not installed. \\r\\nError code: Wsl/Service/RegisterDistro/CreateVm/HCS/HCS_E_SERVICE_NOT_AVAILABLE\\r\\n" output="docker-desktop": exit code: 4294967295'),
    ("desktop-log-vm-service-missing", "Código de error: Wsl/Service/RegisterDistro/CreateVm/HCS/HCS_E_SERVICE_NOT_AVAILABLE"),
    ("desktop-log-vm-service-missing", "Failed to start the virtual machine 'DockerDesktopVM' because one of the Hyper-V components is not running"),
    ("desktop-log-vm-start-timeout", "Error code: Wsl/Service/RegisterDistro/CreateVm/HCS_E_CONNECTION_TIMEOUT"),
    ("desktop-log-vm-start-timeout", " stdout: The operation timed out because a response was not received from the virtual machine or container."),
    ("desktop-log-memory-short", "'DockerDesktopVM' is unable to allocate 10240 MB of RAM: Insufficient system resources exist to complete the requested service. (0x800705AA). (Virtual machine ID ECE54B64-577A-4714-BE6D-B9E246759291)"),
    ("desktop-log-memory-short", "running wslexec: An error occurred while running the command. Wsl/Service/RegisterDistro/CreateVm/HCS/0x800705aa: c:\\windows\\system32\\wsl.exe --import docker-desktop <home>\\appdata\\local\\docker\\wsl\\main"),
    ("desktop-log-disk-in-use", "'DockerDesktopVM': Attachment 'C:\\ProgramData\\DockerDesktop\\vm-data\\DockerDesktop.vhdx' failed to open because of error: 'The process cannot access the file because it is being used by another process.' (0x80070020)."),
    ("desktop-log-disk-in-use", "The process cannot access the file 'ext4.vhdx' because it is being used by another process."),
    ("desktop-log-disk-access-denied", "[2026-09-17T19:58:19.291618100Z][com.docker.backend.exe.engines][E] attempting to recover from error: mounting data disk: mounting WSL VHDX: running wslexec: Access is denied. Wsl/Service/AttachDisk/MountDisk/HCS/E_ACCESSDENIED: wsl.exe --mount --bare --vhd C:\\Users\\me\\AppData\\Local\\Docker\\wsl\\disk\\docker_data.vhdx"),
    ("desktop-log-disk-missing", "running WSL command wsl.exe C:\\Windows\\System32\\wsl.exe -d docker-desktop -u root -e wsl-bootstrap version: Failed to attach disk '<HOME>\\AppData\\Local\\Docker\\wsl\\main\\ext4.vhdx' to WSL2: The system cannot find the file specified."),
    ("desktop-log-disk-missing", "Fehlercode: Wsl/Service/RegisterDistro/CreateVm/MountVhd/HCS/ERROR_FILE_NOT_FOUND"),
    ("desktop-log-disk-missing", "Error code: Wsl/Service/CreateInstance/CreateVm/MountVhd/HCS/ERROR_NOT_FOUND"),
    ("desktop-log-host-disk-full", "The Virtual Machine 'DockerDesktopVM' failed to start because there is not enough disk space. The system was unable to create the memory contents file"),
    ("desktop-log-wsl-missing", "[2026-10-04T21:20:00.000000000Z][com.docker.backend.exe.engines][E] attempting to recover from error: starting engine: engine linux/wsl failed to start: checking preconditions: checking WSL version: wsl is not installed"),
    ("desktop-log-wsl-missing", "DockerDesktop/Wsl/ExecError: c:\\windows\\system32\\wsl.exe --version: exit status 1 (stderr: Le Sous-système Windows pour Linux n'est pas installé."),
    ("desktop-log-wsl-outdated", "ensuring data disk is available: exit code: 4294967295: running WSL command wsl.exe C:\\WINDOWS\\System32\\wsl.exe --mount --bare --vhd <HOME>\\AppData\\Local\\Docker\\wsl\\disk\\docker_data.vhdx: Invalid command line option: --mount"),
    ("desktop-log-wsl-outdated", "WSL 2 requires an update to its kernel component. For information please visit https://aka.ms/wsl2kernel"),
    ("desktop-log-wsl-hangs", "bootstrapping in the main distro: listing WSL distros: running WSL command wsl.exe C:\\WINDOWS\\System32\\wsl.exe -l -v --all: context deadline exceeded"),
    ("desktop-log-wsl-hangs", "Wsl/Service/0x8007274c: c:\\windows\\system32\\wsl.exe -d ubuntu -e whoami:"),
    ("desktop-log-wsl-integration-stopped", "running wsl distro proxy in Ubuntu-22.04 distro: running proxy: running wslexec: An error occurred while running the command. DockerDesktop/Wsl/ExecError: c:\\windows\\system32\\wsl.exe -d ubuntu-22.04 -u root -e /mnt/wsl/docker-desktop/docker-desktop-user-distro proxy --distro-name ubuntu-22.04 --docker-desktop-root /mnt/wsl/docker-desktop c:\\program files\\docker\\docker\\resources: exit status 1 (stderr: , wslErrorCode: DockerDesktop/Wsl/ExecError)"),
    ("desktop-log-wsl-integration-stopped", "WSL integration with distro Ubuntu-22.04-work unexpectedly stopped with exit code 1. Do you want to restart?"),
    ("desktop-log-wsl-integration-stopped", "[16:21:16.190][WslIntegrationAgent-kali-linux][Info   ] 2020/02/01 16:21:16 Unable to setup docker user group: exit status 1"),
    ("desktop-log-wsl-integration-stopped", "[2025-11-21T16:57:41.019396000Z] setting up docker user group in Ubuntu distro: running wslexec: An error occurred while running the command."),
    ("desktop-log-wsl-distribution-stopped", "Docker Desktop - WSL distro terminated abruptly"),
    ("desktop-log-wsl-distribution-stopped", "running wsl-bootstrap: exit status 1"),
    ("desktop-log-socket-stale", "starting services: initializing Inference manager: listening on unix://C:/Users/ann/AppData/Local/Docker/run/dockerInference: remove C:/Users/ann/AppData/Local/Docker/run/dockerInference: The file cannot be accessed by the system. (listener: The filename, directory name, or volume label syntax is incorrect.)"),
    ("desktop-log-socket-stale", "starting services: initializing Secrets Engine: listening on unix://C:/Users/ann/AppData/Local/docker-secrets-engine/engine.sock: remove C:/Users/ann/AppData/Local/docker-secrets-engine/engine.sock: The file cannot be accessed by the system."),
    ("desktop-log-wsl-command-failed", "running wslexec: An error occurred while running the command. DockerDesktop/Wsl/ExecError: c:\\windows\\system32\\wsl.exe --unmount docker_data.vhdx: exit status 0xffffffff (stderr: , wslErrorCode: DockerDesktop/Wsl/ExecError)"),
    ("desktop-log-wsl-command-failed", "[23:37:27.889][SystrayNotifications][Error  ] System.InvalidOperationException: Failed to deploy distro docker-desktop to C:\\Users\\ann\\AppData\\Local\\Docker\\wsl\\distro: exit code: -1"),
    ("desktop-log-wsl-command-failed", "An unexpected error occurred while executing a WSL command."),
    ("desktop-log-hyper-v-failed", "'DockerDesktopVM' failed to realize. (Virtual machine ID D141F465-6EF5-4A64-AF65-FDC87891F8F4)"),
    ("desktop-log-virtualization-unsupported", "2018-06-18 16:59:20.739605+0000  localhost com.docker.driver.amd64-linux[4264]: vmx_init: processor not supported by Hypervisor.framework"),
    ("desktop-log-virtualization-unsupported", 'VZErrorDomain Code=2 "Virtualization is not available on this hardware."'),
    ("desktop-log-virtualization-unsupported", "failure: sysctl -a reports no hypervisor support"),
    ("desktop-log-kvm-unavailable", "Could not access KVM kernel module: No such file or directory"),
    ("desktop-log-kvm-unavailable", "qemu-system-x86_64: failed to initialize kvm: Permission denied"),
    ("desktop-log-helper-blocked", "“com.docker.vmnetd” was not opened because it contains malware. This action did not harm your Mac."),
    ("desktop-log-disk-image-corrupt", "qemu-system-aarch64: -drive if=none,id=boot,file=base_arm64.qcow2: qcow2: Image is corrupt; cannot be opened read/write"),
    ("desktop-log-disk-image-corrupt", "failure: Docker.qcow2 has unexpected errors: either repair offline or reset to factory defaults"),
    ("desktop-log-disk-image-corrupt", "Wsl/Service/RegisterDistro/WSL_E_DISK_CORRUPTED"),
    ("desktop-log-file-denied", 'running engine: waiting for the VM setup to be ready: preparing VM: ensuring disk: Cannot resize "/Users/ann/Library/Containers/com.docker.docker/Data/vms/0/data/Docker.raw" to 190330MiB: truncate /Users/ann/Library/Containers/com.docker.docker/Data/vms/0/data/Docker.raw: permission denied'),
    ("desktop-log-file-denied", "Ensuring credential helper: saving JSON: mkdir /Users/ann/.docker: operation not permitted"),
    ("desktop-log-hyperkit-exited", "com.docker.osx.hyperkit.linux failed to start"),
    ("desktop-log-hyperkit-exited", "2018-01-22 21:52:58.396330+0100  localhost com.docker.driver.amd64-linux[57043]: vm exit[0]"),
    ("desktop-log-hyperkit-exited", "FATA[0083] Cannot run hyperkit: exit status 2"),
    ("desktop-log-vm-crashed", "the Docker Desktop VM stopped unexpectedly: Internal Virtualization error. The virtual machine stopped unexpectedly."),
    ("desktop-log-vm-crashed", 'Com.apple.Virtualization.VirtualMachine crashed: {"app_name":"com.apple.Virtualization.VirtualMachine","timestamp":"2024-04-08 11:07:29.00 +0800"}'),
    ("desktop-log-vpnkit-failed", "\t* com.docker.vpnkit is not running"),
    ("desktop-log-already-running", "[11:49:14.205][GUI               ][Error  ] An instance is already running. Exiting."),
    ("desktop-log-already-running", "Docker desktop is already running."),
    ("desktop-log-settings-unreadable", "initializing backend: validating registry.json file: the file registry.json is present but its content is invalid: invalid character 'ï' looking for beginning of value"),
    ("desktop-log-settings-unreadable", "initializing backend: invalid admin configuration: reading admin settings file: reading admin settings file: parsing JSON: invalid character '}' looking for beginning of object key string"),
    ("desktop-log-settings-unreadable", 'Creating "rootNode" subnodes: constructing "BackendServices" in "rootNode": doing migrations: reading actual settings: invalid character \'/\' looking for beginning of value'),
    ("desktop-log-sign-in-refused", "[2025-05-29T16:21:48.448716000Z][com.docker.backend.auth][E] an error occurred during authentication process. User is signed out: You must be a member of the [org1 org2] organization. Log in with a different account, or contact your organization owner to add your account."),
    ("desktop-log-file-system-damaged", "EXT4-fs error (device vda2): ext4_lookup:1583: inode #3670031: comm dockerd: deleted inode referenced: 3670053"),
    ("desktop-log-file-system-damaged", "[   20.306316] EXT4-fs error (device sde): ext4_put_super:1188: comm Xwayland: Couldn't clean up the journal"),
    ("desktop-log-file-system-damaged", "[Thu Jun  4] EXT4-fs (vda1): Remounting filesystem read-only"),
    ("desktop-log-disk-io-error", "[ 8242.014077] blk_update_request: I/O error, dev vda, sector 41943040 op 0x1:(WRITE) flags 0x800"),
    ("desktop-log-container-out-of-memory", "kernel: [  152.700479] Memory cgroup out of memory: Kill process 4142 (python3) score 68 or sacrifice child"),
    ("desktop-log-out-of-memory", "[  184.556677] Out of memory: Killed process 2211 (python3) total-vm:3812000kB"),
    ("desktop-log-out-of-memory", "[Mon Aug 31 18:23:18 2015] php.bin invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0"),
    ("desktop-log-vm-disk-full", 'WARN[0000] failed to load plugin io.containerd.metadata.v1.bolt  error="write /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db: no space left on device" module=containerd'),
    ("desktop-log-vm-unreachable", "dialing 192.168.65.7:2376 after 7.8041719s: connect tcp 192.168.65.7:2376: no route to host"),
    ("desktop-log-start-timeout", "running engine: waiting for the Docker API: context deadline exceeded"),
    ("desktop-log-port-reserved", "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:50070 -> 0.0.0.0:0: listen tcp 0.0.0.0:50070: bind: An attempt was made to access a socket in a way forbidden by its access permissions."),
    ("desktop-log-port-taken", "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:5000 -> 0.0.0.0:0: listen tcp 0.0.0.0:5000: bind: address already in use"),
    ("desktop-log-mount-denied", "The path /data/home/ann/apitable/.data/mysql is not shared from the host and is not known to Docker."),
    ("desktop-log-mount-denied", "docker: Error response from daemon: Mounts denied: { errno = [EACCES]; call = getattrlist; label = /private/tmp/tmpy3cv_fo8/registry }."),
    ("desktop-log-proxy-login-refused", "Error response from daemon: Get https://registry-1.docker.io/v2/: Proxy Authentication Required"),
    ("desktop-log-proxy-unreachable", 'Error response from daemon: Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 192.168.65.1:3128: connect: connection refused'),
    ("desktop-log-certificate-unknown", 'Get "https://registry.example:5000/v2/": x509: certificate signed by unknown authority'),
    ("desktop-log-daemon-config-refused", "unable to configure the Docker daemon with file /run/config/docker/daemon.json: the following directives don't match any configuration option: log-size"),
    ("desktop-log-lima-path-incomplete", '> "[hostagent] failed to run [system_profiler SPNetworkDataType -json]: stdout=\\"\\", stderr=\\"\\": exec: \\"system_profiler\\": executable file not found in $PATH" fields.level=fatal'),
    ("desktop-log-lima-driver-failed", '{"level":"info","msg":"Driver stopped due to error: \\"exit status 1\\"","time":"2023-08-12T10:00:00+08:00"}'),
    ("desktop-log-lima-driver-failed", "FATA[0000] errors inspecting instance: [vz driver is running but host agent is not] "),
    ("desktop-log-lima-exited", '> exiting, status={Running:false Degraded:false Exiting:true Errors:[] SSHLocalPort:0} (hint: see "/Users/ann/.colima/_lima/colima/ha.stderr.log")'),
    ("desktop-log-lima-exited", "FATA[0001] error starting vm: error at 'starting': exit status 1"),
    ("desktop-log-rancher-wsl-failed", "2025-06-06T06:32:38.553Z: WSL failed to execute wsl.exe --import rancher-desktop C:\\Users\\ann\\AppData\\Local\\rancher-desktop\\distro C:\\Program Files\\Rancher Desktop\\resources\\resources\\win32\\distro-0.83.tar --version 2: Error: wsl.exe exited with code 4294967295"),
    ("desktop-log-vfkit-exited", "Error: vfkit exited unexpectedly with exit code 1"),
    ("desktop-log-backend-crashed", "[2026-09-22T22:22:38.895115900Z][com.docker.backend.exe] backend crashed, dumping error to file and reporting to user: starting services: something new"),
    ("client-desktop-unable-to-start", "Error response from daemon: Docker Desktop is unable to start"),
    ("client-permission-denied", 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json": dial unix /var/run/docker.sock: connect: permission denied'),
    ("client-no-daemon", "docker: Cannot connect to the Docker daemon at unix:///Users/ann/.colima/docker.sock. Is the docker daemon running?."),
    ("client-no-daemon", "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory"),
    ("client-no-pipe", 'error during connect: Get "http://%2F%2F.%2Fpipe%2FdockerDesktopLinuxEngine/v1.47/version": open //./pipe/dockerDesktopLinuxEngine: The system cannot find the file specified.'),
    ("client-no-pipe", "failed to connect to the docker API at npipe:////./pipe/dockerDesktopLinuxEngine; check if the path is correct and if the daemon is running: open //./pipe/dockerDesktopLinuxEngine: The system cannot find the file specified."),
    ("client-no-pipe", "error during connect: In the default daemon configuration on Windows, the docker client must be run with elevated privileges to connect.: Get"),
    ("client-pipe-denied", 'error during connect: Get "http://%2F%2F.%2Fpipe%2Fdocker_engine/v1.24/version": open //./pipe/docker_engine: Access is denied.'),
    ("client-api-500", "request returned 500 Internal Server Error for API route and version http://%2F%2F.%2Fpipe%2FdockerDesktopLinuxEngine/v1.54/version, check if the server supports the requested API version"),
    ("client-api-500", "request returned Internal Server Error for API route and version http://%2F%2F.%2Fpipe%2Fdocker_engine/_ping, check if the server supports the requested API version"),
    ("client-integration-off", "The command 'docker' could not be found in this WSL 2 distro."),
    ("client-integration-off", "We recommend to activate the WSL integration in Docker Desktop settings."),
    ("client-too-old", "Error response from daemon: client version 1.24 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version"),
    ("client-too-new", "Error response from daemon: client version 1.40 is too new. Maximum supported API version is 1.39"),
    ("client-credential-helper-missing", 'error getting credentials - err: exec: "docker-credential-desktop.exe": executable file not found in $PATH, out: ``'),
    ("client-credential-helper-missing", "/usr/bin/docker-credential-desktop.exe: Invalid argument"),
    ("client-pull-rate-limit", "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit"),
    ("client-certificate-clock", "x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before 2026-03-01T00:00:00Z"),
    ("client-certificate-unknown", 'Error response from daemon: Get "https://registry.example:5000/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority'),
    ("client-proxy-login", "docker: Error response from daemon: Get https://registry-1.docker.io/v2/: Proxy Authentication Required. See 'docker run --help'."),
    ("client-proxy-unreachable", 'Error response from daemon: Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 192.168.65.1:3128: connect: connection refused'),
    ("client-not-authorised", "Error response from daemon: pull access denied for myapp, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"),
    ("client-name-unresolved", 'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 192.168.65.7:53: no such host'),
    ("client-registry-timeout", 'Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 172.19.96.1:53: read udp 172.19.107.241:50415->172.19.96.1:53: i/o timeout'),
    ("client-no-matching-manifest", "no matching manifest for linux/arm64/v8 in the manifest list entries"),
    ("client-exec-format", "exec user process caused: exec format error"),
    ("client-exec-format", "exec /usr/local/bin/docker-entrypoint.sh: exec format error"),
    ("client-qemu-crashed", "qemu: uncaught target signal 11 (Segmentation fault) - core dumped"),
    ("client-rosetta-failed", "rosetta error: failed to open elf at /lib64/ld-linux-x86-64.so.2"),
    ("client-port-unavailable", "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:5000 -> 0.0.0.0:0: listen tcp 0.0.0.0:5000: bind: address already in use"),
    ("client-port-unavailable", "Bind for 0.0.0.0:8080 failed: port is already allocated"),
    ("client-endpoint-failed", "Error response from daemon: driver failed programming external connectivity on endpoint web (4c9e): iptables failed"),
    ("client-bind-source-missing", 'docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /data'),
    ("client-bind-source-missing", "Error response from daemon: error while creating mount source path '/host_mnt/c/code': mkdir /host_mnt/c/code: file exists"),
    ("client-mount-config-invalid", "ERROR: for app_webapp_1  Cannot create container for service webapp: invalid volume specification: 'C:\\Users\\ann\\App\\Front:./dFront:rw'"),
    ("client-mount-config-invalid", "docker: Error response from daemon: invalid mount config for type \"bind\": invalid mount path: 'app' mount path must be absolute"),
    ("client-tty", "the input device is not a TTY.  If you are using mintty, try prefixing the command with 'winpty'"),
    ("client-line-ends", "exec /docker-entrypoint.sh: no such file or directory"),
    ("client-line-ends", "/bin/sh^M: bad interpreter: No such file or directory"),
    ("client-gpu-driver-missing", 'docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].'),
    ("client-no-space", "write /var/lib/docker/tmp/GetImageBlob207148979: no space left on device"),
    ("client-runtime-create-failed", 'Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "bash": executable file not found in $PATH: unknown'),
    ("client-build-failed", 'ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1'),
]  # fmt: skip

# What healthy desktop engines write all day.
FINE = [
    "[2022-09-29T14:20:32.992283000Z][com.docker.backend.exe][I] (49d39260) 2aa0cf31-BackendAPI S->C Go-http-client/1.1 GET /forwards/list (1.0003ms): []",
    '[23:02:50.712][GoBackendProcess  ][Info   ] msg="starting backend server"',
    "[2026-05-17T23:39:56.223099400Z][com.docker.backend.exe.registryaccess] stopping Registry Access Management refresh because no orgs are enforced",
    "[2026-09-22T22:22:38.895115900Z][com.docker.backend.exe.engines] all local engines stopped",
    "[2026-06-01T10:00:00.000000000Z][com.docker.backend.exe] backend cancelling with error: <nil>",
    "[2024-06-17T18:35:46.126301000Z][com.docker.backend.exe.engines][E] engine was terminated with result: waiting for the VM setup to be ready: context canceled",
    "[2022-09-13T20:29:34.824827015Z][docker-desktop-user-distro in Ubuntu-22.04-work][I] mounting /mnt/c onto itself",
    "[    2.390703] EXT4-fs (vda1): mounted filesystem with ordered data mode. Opts: (null)",
    "[    2.360127] print_req_error: I/O error, dev fd0, sector 0",
    '{"level":"debug","msg":"OpenSSH version 9.3.2 detected","time":"2023-10-13T16:54:44+07:00"}',
    '{"level":"info","msg":"Driver stopped due to error: %!q(<nil>)","time":"2023-10-13T16:54:44+07:00"}',
    "exec /usr/local/bin/python main.py",
    "Server: Docker Desktop 4.39.0 (184744)",
    "2025-06-06T06:32:37.587Z: Registered distributions: Ubuntu",
]  # fmt: skip

IN_LOGS = "[2026-10-04T19:40:26.085281500Z][com.docker.backend][E] "


def first(table, line):
    return next((p.id for p in table if knows(p, line.lower())), "")


@pytest.mark.parametrize(("expected", "line"), LINES)
def test_each_line_belongs_to_its_pattern(expected, line):
    table = CLIENT_PATTERNS if expected.startswith("client-") else DESKTOP_PATTERNS
    assert first(table, line) == expected


@pytest.mark.parametrize(("expected", "line"), LINES)
def test_recognised_in_a_text(expected, line):
    log = "" if expected.startswith("client-") or "][" in line[:60] else IN_LOGS
    (found,) = recognise(f"hello\r\n{log}{line}\r\nbye")
    assert (found.pattern.id, found.line) == (expected, 2)
    assert "\r" not in found.text


def test_every_pattern_has_a_real_line():
    patterns = (*DESKTOP_PATTERNS, *CLIENT_PATTERNS)
    assert {p.id for p in patterns} == {name for name, _ in LINES}
    assert len(patterns) == len({p.id for p in patterns})
    assert len(DESKTOP_PATTERNS) >= 30


@pytest.mark.parametrize("line", FINE)
def test_everyday_lines_are_not_known(line):
    assert recognise(line) == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # Any engine writes it: on a terminal it says nothing of a VM.
        ("write /var/lib/docker/tmp/x: no space left on device", "client-no-space"),
        (
            "[23:02:49.770][Moby ][Info ] write /var/lib/docker/tmp/x: no space left on device",
            "desktop-log-vm-disk-full",
        ),
        ("Out of memory: Killed process 2211 (python3)", ""),
        ("[2026-10-04T19:40:26Z][kmsg] Out of memory: Killed process 2211", "desktop-log-out-of-memory"),
    ],
)  # fmt: skip
def test_whose_line_it_is(line, expected):
    assert [m.pattern.id for m in recognise(line)] == ([expected] if expected else [])


def test_hostile_text():
    evil = "\x1b[31mtoomanyrequests\x00\x1b]0;x\x07" + "A" * 100_000 + "\n" * 1000 + "\ud800"
    (found,) = recognise(evil)
    assert found.pattern.id == "client-pull-rate-limit"
    assert not re.search(r"[\x00-\x1f]", found.text)
    assert len(found.text) <= 240
    assert recognise("") == ()


@pytest.mark.parametrize("pattern", DESKTOP_PATTERNS, ids=lambda p: p.id)
def test_a_pattern_is_complete(pattern):
    assert pattern.severity in SEVERITIES
    assert pattern.references
    assert pattern.mend
    assert all(needle == needle.lower() for needle in (*pattern.needles, *pattern.unless))
    for text in (pattern.says, pattern.why, pattern.risk, pattern.grade):
        assert text.endswith(".")


@pytest.mark.parametrize("pattern", CLIENT_PATTERNS, ids=lambda p: p.id)
def test_a_client_pattern_is_complete(pattern):
    assert pattern.says.endswith(".")
    assert pattern.mend
    assert all(needle == needle.lower() for needle in (*pattern.needles, *pattern.unless))
