// Nextflow: one process sends, another receives; each runs where its executor puts it. The code comes from Nextflow's secrets
// (`nextflow secrets set P2P_COPY_CODE "$(p2p-copy code)"`), and is in no command and no log.
//
//   nextflow run transfer.nf -entry publish --relay wss://relay.example.org --results results
//   nextflow run transfer.nf -entry fetch --relay wss://relay.example.org

nextflow.enable.dsl = 2

params.relay = null
params.results = 'results'
// Outside Nextflow's own directory, so that a task that is tried again goes on with what has come.
params.incoming = "${launchDir}/incoming"

process send {
    secret 'P2P_COPY_CODE'
    errorStrategy { task.exitStatus in [3, 4, 5, 6, 22] ? 'retry' : 'terminate' }
    maxRetries 3

    input:
    path results

    output:
    path 'published.json'

    script:
    """
    p2p-copy send --relay '${params.relay}' --retry-for 30m --receipt published.json --json '${results}' > publish.jsonl
    """
}

process receive {
    secret 'P2P_COPY_CODE'
    errorStrategy { task.exitStatus in [3, 4, 5, 6, 22] ? 'retry' : 'terminate' }
    maxRetries 5

    output:
    path 'fetched.json'

    script:
    """
    p2p-copy receive --relay '${params.relay}' --retry-for 30m --out '${params.incoming}' --receipt fetched.json --json > fetch.jsonl
    """
}

workflow publish {
    send(Channel.fromPath(params.results))
}

workflow fetch {
    receive()
}
